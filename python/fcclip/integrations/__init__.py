"""Answers in other packages' forms: a module for each, imported only when it is used. See docs/integrations.md."""
