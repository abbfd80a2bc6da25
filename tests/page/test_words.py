"""Words: chips, synonyms, kinds, vocabularies, suggestions, undo, links, and answers while typing."""

from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import expect


def link_of(user):
    return {key: values[0] for key, values in parse_qs(urlsplit(user.page.url).fragment).items()}


def test_segments_change_while_typing(user):
    user.removes_all_words()
    user.types("lady")  # no comma, no Enter
    expect(user.status()).to_contain_text("lady")
    user.types("bug")
    user.waits_for(lambda: user.last_question().get("words") == ["ladybug"])
    user.waits_for(lambda: user.names() == ["ladybug"])
    expect(user.chips).to_have_count(0)
    assert len(user.sent("/v1/images")) == 1, "the network ran once"


def test_typing_gives_up_what_nobody_waits_for(user):
    held = []
    user.page.route("**/segments", lambda route: held.append(route) if "kite" in route.request.post_data else route.continue_())
    user.types("kite")
    user.page.wait_for_timeout(500)
    user.types("s")
    user.page.wait_for_timeout(500)
    assert [one.request.failure for one in held] == ["net::ERR_ABORTED", None]
    held[-1].continue_()
    expect(user.rows.first).to_be_visible()


def test_chips(user):
    user.removes_all_words()
    user.types("bat, backpack | school bag , rock")
    expect(user.chips).to_have_text(["bat", "backpack| school bag"])
    user.page.keyboard.press("Enter")
    expect(user.chips).to_have_count(3)
    user.waits_for(lambda: set(user.names()) == {"backpack", "bat", "rock"}, user.names)

    # The mark turns: thing, stuff, background.
    user.page.get_by_role("button", name="rock is thing: make it stuff").click()
    expect(user.page.locator("#segments [data-thing=false] .name")).to_have_text("rock")
    user.waits_for(lambda: user.last_question().get("stuff") == ["rock"])
    user.page.get_by_role("button", name="rock is stuff: make it background").click()
    expect(user.rows.locator(".name", has_text="rock")).to_have_count(0)
    user.waits_for(lambda: user.last_question().get("background") == ["rock"])
    assert "rock" not in user.last_question()["words"]

    # A chip's text goes back into the field.
    user.page.get_by_role("button", name="Change backpack").click()
    expect(user.page.locator("#word")).to_have_value("backpack | school bag")
    user.page.locator("#word").fill("school bag")
    user.page.keyboard.press("Enter")
    user.sees("school bag")
    user.page.get_by_role("button", name="Remove school bag").click()
    expect(user.chips).to_have_text(["bat", "rock"])


def test_undo_and_redo(user):
    undo, redo = user.page.get_by_role("button", name="Undo"), user.page.get_by_role("button", name="Redo")
    expect(undo).to_be_disabled()
    user.page.get_by_role("button", name="Remove bat").click()
    expect(user.rows.locator(".name", has_text="bat")).to_have_count(0)
    undo.click()
    user.sees("bat")
    redo.click()
    expect(user.chips).to_have_count(7)
    user.page.keyboard.press("Control+z")
    expect(user.chips).to_have_count(8)
    user.page.keyboard.press("Control+y")
    expect(user.chips).to_have_count(7)


def test_no_words_are_those_of_the_training(user):
    user.removes_all_words()
    expect(user.page.locator("#times")).to_contain_text("No words: those that the model was trained on")
    user.waits_for(lambda: "words" not in user.last_question())
    expect(user.rows.first).to_be_visible()


def test_vocabularies(user):
    user.removes_all_words()
    user.page.get_by_role("button", name="Add a vocabulary").click()
    menu = user.page.get_by_role("group", name="Built-in vocabularies")
    expect(menu.get_by_role("checkbox")).to_have_count(17)
    user.has_no_barriers()
    menu.get_by_label("world").check()
    menu.get_by_label("pascal voc").first.check()
    user.page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    expect(user.page.locator("#chips .is-vocabulary")).to_have_count(2)
    user.waits_for(lambda: user.last_question().get("vocabulary", "").startswith("world_381+pascal_voc"))
    user.sees("ladybug")

    user.page.get_by_role("button", name="2 vocabularies").click()
    menu.get_by_label("everything").check()
    expect(user.page.locator("#chips .is-vocabulary")).to_contain_text("everything")
    user.page.keyboard.press("Escape")
    user.page.get_by_role("button", name="Remove the vocabulary everything").click()
    expect(user.page.locator("#chips .is-vocabulary")).to_have_count(0)


def test_suggestions(user):
    suggestions = user.page.locator("#suggestion-list button")
    expect(suggestions.first).to_be_visible()
    names = [name.strip() for name in suggestions.all_text_contents()]
    asked = {"bat", "backpack", "school bag", "christmas tree", "ladybug", "yogi", "person meditating", "sailboat", "rock", "wood"}
    assert names and not asked & {name.lower() for name in names}
    suggestions.first.click()
    expect(user.chips.last).to_have_text(names[0])
    expect(suggestions.filter(has_text=names[0]).filter(has_not_text=names[0] + " ")).to_have_count(0)
    # A word that goes is offered when the picture shows it.
    user.removes_all_words()
    expect(suggestions.filter(has_text="ladybug")).to_be_visible()


def test_a_link_holds_the_words(user, new_user):
    user.removes_all_words()
    user.types("bat, backpack | school bag, rock,")
    user.page.get_by_role("button", name="rock is thing: make it stuff").click()
    user.picks("Semantic")
    expect(user.rows).to_have_count(3)
    assert link_of(user) == {"words": "bat, backpack | school bag, rock", "stuff": "rock", "task": "semantic"}

    other = new_user().opens(user.page.url[len(user.url):])
    expect(other.chips).to_have_text(["bat", "backpack| school bag", "rock"])
    expect(other.page.get_by_label("Semantic")).to_be_checked()
    expect(other.rows).to_have_count(3)
    assert other.names() == user.names()


def test_the_link_can_be_copied(user):
    user.context.grant_permissions(["clipboard-read", "clipboard-write"])
    user.types("kite,")
    user.page.get_by_role("button", name="Copy a link").click()
    expect(user.status()).to_contain_text("Link copied")
    assert "kite" in user.page.evaluate("navigator.clipboard.readText()")
