#!/usr/bin/env python3
"""Counts how much of what headers declare is documented: at least 95 % of the obligations below must be met.

Each function, type, field and constant that a header of fcclip/ shows (public, named namespaces) owes:
  words    a /// comment above it, a ///< behind it, or one above the lines that it stands with; constructors, fields,
           enumerators and what only looks (const, no parameters) have a name and a type to speak for them, and may count
           on the comment of their type
  shape    where a tensor goes in or out: an extent in brackets, [B, H, W, C], in that comment or its class's; not of
           tensors by name (state that is saved) and of parameters
  errors   of a function whose body raises an Error: a line that says Throws, in that comment or its class's

check_docs.py [--list] [folder ...]     --list names what is owed
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
LEAST = 0.95
RAISES = re.compile(r"\b(fail|refuse|check_shape|check_dtype|throw Error|check_[a-z_]+)\s*\(|\bthrow Error\b")
SAYS_ERRORS = re.compile(r"[Tt]hrow|Error\{|refuse[sd]?\b")
SHAPE = re.compile(r"\[[^\]]*\]|any shape|one number", re.IGNORECASE)
ANY_TENSORS = re.compile(r"map<std::string, at::Tensor>|vector<at::Tensor>&? (parameters|tensors|weights)|parameters\(\)")
LITERAL = re.compile(r"'(?:\\.|[^'\\])'|\"(?:\\.|[^\"\\])*\"")
NO_NAME = re.compile(r"^(if|for|while|switch|return|else|do|case|static_assert|public|private|protected|default)\b")


class Scope:
    def __init__(self, kind, name="", doc="", public=True):
        self.kind, self.name, self.doc, self.public = kind, name, doc, public


def raising_functions(folder):
    """Names of functions ("name" or "Class::name") whose bodies in the folder's sources raise an Error themselves."""
    found = set()
    start = re.compile(r"^(?:[\w:<>,&*\[\] ]+ )?[&*]?((?:\w+::)*[~\w]+)\([^;]*$")
    for path in list(folder.glob("*.cpp")) + list(folder.glob("*.h")):
        name, depth = None, 0
        in_namespace_anonymous = False
        for line in path.read_text().splitlines():
            if line.startswith("namespace {"):
                in_namespace_anonymous = True
            elif line.startswith("}  // namespace") and in_namespace_anonymous:
                in_namespace_anonymous = False
            if depth == 0:
                match = start.match(line)
                if match and not NO_NAME.match(line) and not in_namespace_anonymous:
                    name = match[1]
                if line.endswith(";") or line == "}":
                    name = None
            plain = LITERAL.sub('""', line.split("//")[0])
            if name and depth > 0 or (name and "{" in plain and "}" in plain):
                if RAISES.search(plain):
                    found.add("::".join(name.split("::")[-2:]))
            if not line.startswith(("namespace", "}  // namespace", "extern")):
                depth = max(0, depth + plain.count("{") - plain.count("}"))
            if depth == 0 and plain.startswith("}"):
                name = None
    return found


def statements(lines):
    """(line number, text, comment, enclosing scopes) of every declaration of a header."""
    scopes, doc, text, began, group_doc = [], "", "", 0, ""
    skip_depth, in_macro = 0, False
    for number, raw in enumerate(lines, 1):
        line = raw.strip()
        if skip_depth:  # inside a body
            plain = LITERAL.sub('""', line.split("//")[0])
            skip_depth += plain.count("{") - plain.count("}")
            continue
        if line.startswith("///") and not text:
            doc += line[3:] + "\n"
            continue
        if line.startswith("#") or in_macro:
            in_macro = line.endswith("\\")
            continue
        if not line or line.startswith("//"):
            if not line:
                doc, group_doc = "", ""
            continue
        code, _, behind = line.partition("//")
        code = LITERAL.sub('""', code).strip()
        comment = behind[2:] if behind.startswith("/<") else ""
        if not text:
            began = number
        text = (text + " " + code).strip()
        if comment:
            doc += comment + "\n"
        if re.match(r"^(public|private|protected):$", text):
            scopes[-1].public = text.startswith("public")
            text, doc, group_doc = "", "", ""
            continue
        opened = text.count("{") - text.count("}")
        ends = text.endswith((";", "}")) or (scopes and scopes[-1].kind == "enum" and text.endswith(","))
        if opened < 0 and (text.startswith("}") or (scopes and scopes[-1].kind == "enum")):
            if scopes:
                scopes.pop()
            text, doc, group_doc = "", "", ""
            continue
        if opened > 0 and (text.endswith("{") or "{" in text):
            kind = re.match(r"(?:template *<.*> *)?(?:typedef |inline )?(namespace|class|struct|enum|union|extern)\b", text)
            if kind and "(" not in text.split("{")[0]:
                yield number, began, text, doc or group_doc, list(scopes)
                words = re.findall(r"[\w:]+", text.split("{")[0].split(" : ")[0].replace("final", "").replace("FCCLIP_API", ""))
                scopes.append(Scope(kind[1], words[-1] if words else "", doc, kind[1] != "class"))
                rest = text.split("{", 1)[1].strip()
                text, doc, group_doc = "", "", ""
                if rest and scopes[-1].kind == "enum":
                    text = rest
                continue
            if text.endswith("{") or opened > 0:
                if is_body(text):
                    yield number, began, text, doc or group_doc, list(scopes)
                    group_doc = doc or group_doc
                    skip_depth, text, doc = opened, "", ""
                    continue
            continue
        if ends and opened == 0:
            yield number, began, text, doc or group_doc, list(scopes)
            group_doc = doc or group_doc
            text, doc = "", ""


def is_body(text):
    return "(" in text and not re.search(r"=\s*\{", text)


def classify(text, scopes):
    """"type", "function", "look" (constructors too), "field", "constant" or None for what owes nothing."""
    if any(s.kind == "namespace" and s.name in ("", "namespace", "detail") for s in scopes):
        return None
    if any(not s.public for s in scopes if s.kind in ("class", "struct")):
        return None
    inside = [s for s in scopes if s.kind in ("class", "struct", "union")]
    if scopes and scopes[-1].kind == "enum":
        return "field"
    if re.match(r"^(namespace|using|friend|extern|static_assert|typedef)\b|^template *<[^>]*> *(class|struct) \w+;", text):
        return None
    head = re.sub(r"template *<[^>]*> *", "", text)
    if re.match(r"^(class|struct|enum|union)\b", head) and "(" not in head.split("{")[0]:
        return None if head.endswith(";") and "{" not in head else "type"
    if re.search(r"= *(default|delete);$", text) or "~" in text or "operator" in text:
        return None
    before = text.split("=")[0].split("{")[0]
    if "(" in before:
        if inside and re.match(rf"^(explicit |constexpr |FCCLIP_API )*{inside[-1].name}\(", head):
            return "look"
        if "override" in text:
            return None
        return "look" if inside and re.search(r"\(\) const\b", text) else "function"
    if re.match(r"^(inline |static )*(constexpr|const) ", text) and not inside:
        return "constant"
    return "field" if inside else None


def c_comments_as_ours(text):
    """/* ... */ above a declaration as ///, behind one as ///<; the number of lines stays."""
    def ours(match):
        mark = "///<" if match[1].strip() else "///"
        lines = match[2].split("\n")
        return match[1] + "\n".join(mark + " " + line.strip(" *") for line in lines)
    return re.sub(r"(?m)^(.*?)/\*(.*?)\*/", ours, text, flags=re.S | re.M)


def obligations(path, raising):
    text = path.read_text()
    lines = (c_comments_as_ours(text) if path.name.endswith("_c.h") else text).splitlines()
    for _, began, text, doc, scopes in statements(lines):
        kind = classify(text, scopes)
        if kind is None:
            continue
        outer = " ".join(s.doc for s in scopes if s.kind != "namespace")
        where = f"{path.relative_to(ROOT)}:{began}"
        shown = text.split("{")[0][:90]
        covered = bool(doc) or (kind in ("field", "look") and any(s.doc for s in scopes))
        yield covered, f"{where}: no words: {shown}"
        signature = text.split("{")[0]
        if "at::Tensor" in signature and not ANY_TENSORS.search(signature) and kind != "constant":
            yield bool(SHAPE.search(doc + outer)), f"{where}: no shape: {shown}"
        if kind in ("function", "look"):
            name = re.search(r"([~\w]+)\(", signature)
            owner = [s.name for s in scopes if s.kind in ("class", "struct")]
            full = "::".join(owner[-1:] + [name[1]]) if name else ""
            if full in raising:
                yield bool(SAYS_ERRORS.search(doc + outer)), f"{where}: no errors: {shown}"


def main(arguments):
    wanted = [a for a in arguments if not a.startswith("--")]
    met, owed = 0, []
    by_folder = {}
    for path in sorted((ROOT / "fcclip").glob("**/*.h")):
        parts = path.relative_to(ROOT / "fcclip").parts
        inner = len(parts) > 2  # ops/cpu, ops/cuda: kernels
        if inner or (wanted and parts[0] not in wanted):
            continue
        folder = ROOT / "fcclip" / (parts[0] if len(parts) > 1 else "")
        raising = raising_functions(folder)
        count = by_folder.setdefault(parts[0], [0, 0])
        for ok, message in obligations(path, raising):
            count[0] += ok
            count[1] += 1
            if ok:
                met += 1
            else:
                owed.append(message)
    total = met + len(owed)
    share = met / max(1, total)
    if "--list" in arguments:
        print("\n".join(owed))
        for name, (ok, count) in by_folder.items():
            print(f"{name}: {ok} of {count}")
    print(f"docs: {met} of {total} obligations of headers met ({100 * share:.1f} %, at least {100 * LEAST:.0f} %)")
    sys.exit(share < LEAST)


if __name__ == "__main__":
    main(sys.argv[1:])
