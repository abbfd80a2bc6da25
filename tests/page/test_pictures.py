"""Opening pictures: the example, files, drop, paste, camera; zoom and pan."""

import re

import pytest
from playwright.sync_api import expect

from user import PICTURES

EXAMPLE_NAMES = ["backpack", "bat", "christmas tree", "ladybug", "person meditating", "rock", "sailboat", "wood"]
COFFEE = (PICTURES / "coffee.jpg").read_bytes()


def test_opens_with_the_example_segmented(user):
    assert user.names() == EXAMPLE_NAMES
    expect(user.status()).to_contain_text("8 segments")
    assert user.picture_size() == (640, 480)
    expect(user.page.locator("#model-name")).to_have_text("mini")


def test_asks_nobody_but_its_server(user):
    assert all(one.url.startswith((user.url, "blob:", "data:")) for one in user.requests)


def has_new_picture(user, name):
    expect(user.page.locator("#canvas")).to_have_attribute("aria-label", f"Picture {name}, 600 by 400 pixels")
    # The example's words say nothing of another picture: the model's own are asked.
    expect(user.chips).to_have_count(0)
    expect(user.page.locator("#times")).to_contain_text("No words")
    expect(user.rows.first).to_be_visible()
    user.waits_for(lambda: "words" not in user.last_question())


def test_a_dropped_picture_then_typing(user):
    user.drops("coffee.jpg", "image/jpeg", COFFEE)
    has_new_picture(user, "coffee.jpg")
    first, *_ = names = user.names()
    assert first not in EXAMPLE_NAMES and len(names) > 1
    user.types(f"{first},")
    expect(user.chips).to_have_text([first])
    user.waits_for(lambda: set(user.names()) == {first})
    assert len(user.sent("/v1/images")) == 2, "the example and this, once each"


def test_a_chosen_picture(user):
    user.chooses(PICTURES / "coffee.jpg")
    has_new_picture(user, "coffee.jpg")


def test_a_pasted_picture(user):
    user.pastes("image.png", "image/jpeg", COFFEE)
    has_new_picture(user, "image.png")


def test_what_is_no_picture(user):
    user.drops("notes.txt", "text/plain", b"no picture")
    expect(user.notice()).to_contain_text("notes.txt is not a picture")
    user.drops("broken.png", "image/png", b"\x89PNG\r\n\x1a\nno more")
    expect(user.notice()).to_contain_text("broken.png")
    user.has_no_barriers()
    user.chooses(PICTURES / "scene.png")
    expect(user.rows.first).to_be_visible()
    expect(user.notice()).to_be_hidden()


def test_a_camera_shot(user):
    user.page.get_by_role("button", name="Take a picture").click()
    dialog = user.page.get_by_role("dialog", name="Take a picture")
    expect(dialog).to_be_visible()
    user.waits_for(lambda: user.page.locator("#video").evaluate("video => video.videoWidth > 0"))
    user.has_no_barriers()
    dialog.get_by_role("button", name="Take it").click()
    expect(dialog).to_be_hidden()
    expect(user.page.locator("#canvas")).to_have_attribute("aria-label", re.compile(r"Picture camera\.jpg, \d+ by \d+ pixels"))
    user.waits_for(lambda: len(user.sent("/segments")) > 1)


def zoom(user):
    return int(user.page.locator("#zoom-real").text_content().split()[0])


def test_zoom_and_pan(user):
    fitted = zoom(user)
    canvas = user.page.locator("#canvas")
    user.page.mouse.move(*user.place(0.5, 0.5))
    for _ in range(8):
        user.page.mouse.wheel(0, -240)
    assert zoom(user) > 10 * fitted
    user.page.get_by_role("button", name="Whole picture").click()
    assert zoom(user) == fitted
    user.page.get_by_role("button", name="Show picture pixels").click()
    assert zoom(user) == 100
    user.page.get_by_role("button", name="Larger").click()
    assert zoom(user) == 150
    canvas.focus()
    canvas.press("-")
    assert zoom(user) == 120
    canvas.press("0")
    assert zoom(user) == fitted

    # Dragging moves the picture and asks nothing.
    before = canvas.screenshot()
    user.page.mouse.move(*user.place(0.5, 0.5))
    user.page.mouse.down()
    user.page.mouse.move(*user.place(0.6, 0.6), steps=4)
    user.page.mouse.up()
    assert canvas.screenshot() != before
    assert not user.sent("/at")


def test_pinch(new_user):
    user = new_user(has_touch=True).opens()
    fitted = zoom(user)
    touch = user.context.new_cdp_session(user.page)
    x, y = user.place(0.5, 0.5)

    def send(kind, spread=None):
        points = [] if spread is None else [{"x": x - spread, "y": y, "id": 1}, {"x": x + spread, "y": y, "id": 2}]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    send("touchStart", 40)
    for spread in (60, 90, 120):
        send("touchMove", spread)
    send("touchEnd")
    assert zoom(user) == pytest.approx(3 * fitted, rel=0.1)
    assert not user.sent("/at")


def test_views(user):
    canvas = user.page.locator("#canvas")
    shots = []
    for view in ("Overlay", "Original", "Only this"):
        user.picks(view)
        user.page.mouse.move(5, 5)
        user.page.wait_for_timeout(250)
        shots.append(canvas.screenshot())
    assert len(set(shots)) == 3
