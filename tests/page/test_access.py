"""For everybody: keyboard alone, small windows, dark and light, less motion; axe in every state (the other files have theirs)."""

from playwright.sync_api import expect


def has_ring(user):
    """The focused element shows an outline, or its field, label or picture does."""
    return user.page.evaluate("""() => {
      const shown = (node) => { const style = getComputedStyle(node); return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 || style.boxShadow !== 'none'; };
      const at = document.activeElement;
      return [at, at.parentElement, at.nextElementSibling].some((node) => node && shown(node));
    }""")


def test_no_barriers(user):
    expect(user.page.locator("#suggestion-list button").first).to_be_visible()
    user.has_no_barriers()
    user.page.get_by_text("Advanced").click()
    user.has_no_barriers()
    user.rows.first.click()
    user.rows.first.hover()
    user.has_no_barriers()
    user.page.get_by_role("button", name="Download").click()
    user.has_no_barriers()


def test_dialogs(user):
    user.page.get_by_role("button", name="How it works").click()
    user.has_no_barriers()
    user.page.keyboard.press("Escape")
    user.page.get_by_role("button", name="Model: mini").click()
    dialog = user.page.get_by_role("dialog", name="Model mini")
    expect(dialog).to_contain_text("fcclip convert")
    expect(dialog).to_contain_text("fcclip serve --model")
    dialog.get_by_text("names it was trained on").click()
    expect(dialog.locator("#model-words")).to_contain_text("ladybug")
    dialog.get_by_label("Filter").fill("ladyb")
    expect(dialog.locator("#model-words")).to_have_text("ladybug")
    user.has_no_barriers()
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_be_hidden()


def test_every_stop_of_the_tab_key_can_be_seen(user):
    expect(user.page.locator("#suggestion-list button").first).to_be_visible()
    stops = []
    for _ in range(60):
        user.page.keyboard.press("Tab")
        stop = user.page.evaluate("document.activeElement === document.body ? '' : (document.activeElement.id || document.activeElement.name || document.activeElement.ariaLabel || document.activeElement.textContent).trim()")
        if not stop or stop in stops:
            break
        assert has_ring(user), stop
        stops.append(stop)
    assert {"canvas", "word", "vocabulary", "download", "opacity", "theme"} <= set(stops), stops
    assert len(stops) < 36, f"too many stops: {stops}"


def test_keyboard_alone(user):
    keys = user.page.keyboard

    def focus_is(selector):
        expect(user.page.locator(selector)).to_be_focused()

    # Words: in by the skip link, out by Delete, back by undo.
    keys.press("Tab")
    keys.press("Enter")
    focus_is("#word")
    keys.type("kite,")
    expect(user.chips).to_have_count(9)
    keys.press("ArrowLeft")
    keys.press("ArrowLeft")
    focus_is(".chip:last-child .text")
    keys.press("Delete")
    expect(user.chips).to_have_count(8)
    focus_is(".chip:last-child .remove")
    keys.press("Home")
    focus_is(".chip:first-child .kind")
    keys.press("Control+z")
    expect(user.chips).to_have_count(9)

    # Segments: arrows, Enter keeps one.
    user.rows.first.focus()
    keys.press("ArrowDown")
    expect(user.rows.nth(1)).to_be_focused()
    expect(user.page.locator("#tip")).to_be_visible()
    keys.press("Enter")
    expect(user.rows.nth(1)).to_have_attribute("aria-pressed", "true")

    # The picture: a cross, what is under it, what is this?
    user.page.locator("#canvas").focus()
    for _ in range(3):
        keys.press("ArrowRight")
    expect(user.status()).to_contain_text("wood, score")
    keys.press("Enter")
    card = user.page.get_by_role("region", name="What is this?")
    expect(card.locator(".found").first).to_be_visible()
    expect(card).to_be_focused()
    keys.press("Escape")
    expect(card).to_be_hidden()
    focus_is("#canvas")
    keys.press("+")
    keys.press("Shift+ArrowRight")
    keys.press("0")

    # A menu and a download.
    user.page.locator("#download").focus()
    keys.press("Enter")
    keys.press("Tab")
    expect(user.page.locator("#download-menu [data-write=overlay]")).to_be_focused()
    with user.page.expect_download():
        keys.press("Enter")


def test_360_pixels(new_user):
    user = new_user(viewport={"width": 360, "height": 640}, has_touch=True, is_mobile=True).opens()
    expect(user.page.locator("#suggestion-list button").first).to_be_visible()
    user.has_no_barriers()
    user.page.locator("#word").tap()
    user.types("kite,")
    expect(user.chips).to_have_count(9)
    box = user.page.locator("#canvas").bounding_box()
    assert box["y"] >= 0 and box["y"] + box["height"] < 640, "the picture stays in sight"
    user.page.touchscreen.tap(*user.place(0.2, 0.2))
    expect(user.page.locator("#at .found").first).to_contain_text("bat")
    user.has_no_barriers()
    user.page.get_by_role("button", name="Close").tap()
    user.page.get_by_role("button", name="Download").tap()
    user.has_no_barriers()
    menu = user.page.locator("#download-menu").bounding_box()
    assert menu["x"] >= 0 and menu["x"] + menu["width"] <= 360


def ground(user):
    return user.page.evaluate("getComputedStyle(document.body).backgroundColor")


def test_dark_and_light(new_user):
    user = new_user(color_scheme="dark").opens()
    dark = ground(user)
    user.has_no_barriers()
    switch = user.page.get_by_role("button", name="Dark colours")
    expect(switch).to_have_attribute("aria-pressed", "true")
    switch.click()
    assert ground(user) != dark
    expect(switch).to_have_attribute("aria-pressed", "false")
    user.page.reload()
    expect(user.rows.first).to_be_visible()
    assert ground(user) != dark, "the choice stays"
    user.has_no_barriers()
    switch.click()
    assert user.page.evaluate("localStorage.length") == 0, "as the system again"


def test_less_motion(new_user):
    user, held = new_user(reduced_motion="reduce"), []
    user.page.route("**/v1/images", lambda route: held.append(route))
    user.opens(wait=False)
    user.waits_for(lambda: held)
    expect(user.page.locator("#progress")).to_be_visible()
    assert user.page.evaluate("document.getAnimations().length") == 0
    held[0].continue_()
    expect(user.rows.first).to_be_visible()
