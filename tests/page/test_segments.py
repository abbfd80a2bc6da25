"""Segments: rows, pointing, what is this?, tasks, thresholds, colours."""

import json

import numpy as np
from playwright.sync_api import expect

BAT, ROCK = (128.5 / 640, 96.5 / 480), (0.6, 0.2)


def test_pointing_at_a_segment(user):
    user.page.mouse.move(*user.place(*BAT))
    tip = user.page.locator("#tip")
    expect(tip).to_be_visible()
    expect(tip.locator("h3")).to_contain_text("bat")
    for part in ("trained (in)", "CLIP (out)", "next best"):
        expect(tip).to_contain_text(part)
    expect(user.page.locator("#segments .active .name")).to_have_text("bat")
    user.page.mouse.move(*user.place(*ROCK))
    expect(tip.locator("h3")).to_contain_text("rock")


def test_rows_tell_all_and_can_be_kept(user):
    row = user.rows.filter(has_text="ladybug")
    assert row.get_attribute("aria-label").startswith("ladybug, score 1.00. Seen ")
    assert "Next best: " in row.get_attribute("aria-label")
    row.hover()
    expect(user.page.locator("#tip h3")).to_contain_text("ladybug")
    row.click()
    expect(row).to_have_attribute("aria-pressed", "true")
    row.click()
    expect(row).to_have_attribute("aria-pressed", "false")


def test_what_is_this(user):
    user.removes_all_words()
    user.types("rock,")
    expect(user.rows).to_have_count(1)
    user.page.mouse.click(*user.place(*BAT))
    card = user.page.get_by_role("region", name="What is this?")
    expect(card.locator(".found").first).to_contain_text("bat")
    expect(user.status()).to_contain_text("This is bat")
    question = json.loads(user.sent("/at")[-1].post_data)
    assert question["points"][0] == [128, 96]
    user.has_no_barriers()
    card.get_by_role("button", name="Add bat to the words").first.click()
    expect(user.chips).to_have_text(["rock", "bat"])
    user.sees("bat")
    card.get_by_role("button", name="Close").click()
    expect(card).to_be_hidden()


def test_points_and_boxes(user):
    user.page.mouse.click(*user.place(*BAT))
    expect(user.page.locator("#at .found").first).to_be_visible()
    user.page.keyboard.down("Shift")
    user.page.mouse.click(*user.place(0.15, 0.12))
    user.page.keyboard.up("Shift")
    user.waits_for(lambda: len(json.loads(user.sent("/at")[-1].post_data)["points"]) == 2)
    expect(user.page.locator("#at .found").first).to_be_visible()

    # Around the ladybug.
    user.page.get_by_role("button", name="Close").click()
    user.page.keyboard.down("Shift")
    user.page.mouse.move(*user.place(0.74, 0.76))
    user.page.mouse.down()
    user.page.mouse.move(*user.place(0.92, 0.97), steps=3)
    user.page.mouse.up()
    user.page.keyboard.up("Shift")
    expect(user.page.locator("#at .found").first).to_contain_text("ladybug")
    user.waits_for(lambda: "box" in json.loads(user.sent("/at")[-1].post_data))
    x, y, w, h = json.loads(user.sent("/at")[-1].post_data)["box"]
    assert abs(x - 474) < 3 and abs(y - 365) < 3 and abs(w - 115) < 5 and abs(h - 101) < 5


def test_tasks(user):
    user.picks("Instance")
    expect(user.rows.locator(".name", has_text="rock")).to_have_count(0)  # things alone
    user.sees("ladybug", "bat")
    expect(user.page.locator("#min_score-out")).to_have_text("0.30")
    user.page.mouse.move(*user.place(*BAT))
    expect(user.page.locator("#tip h3")).to_contain_text("bat")
    user.picks("Semantic")
    user.sees("rock")
    expect(user.page.locator("#min_score-out")).to_have_text("0.00")


def slide(user, name, value):
    user.page.locator(f"#{name}").evaluate("(node, value) => { node.value = value; node.dispatchEvent(new Event('input')); }", value)


def test_the_least_score(user):
    count = user.rows.count()
    slide(user, "min_score", 0.99)
    expect(user.status()).to_contain_text("more below 0.99")
    assert 0 < user.rows.count() < count
    slide(user, "min_score", 1)
    expect(user.rows).to_have_count(0)
    expect(user.status()).to_contain_text("No segments")
    user.has_no_barriers()


def test_the_ensemble(user):
    user.page.get_by_text("Advanced").click()
    expect(user.page.locator("#alpha-out")).to_have_text("0.60")
    expect(user.page.locator("#beta-out")).to_have_text("0.80")
    before = [one.get_attribute("aria-label") for one in user.rows.all()]
    slide(user, "alpha", 0)
    slide(user, "beta", 0)
    user.waits_for(lambda: (user.last_question().get("alpha"), user.last_question().get("beta")) == (0, 0))
    expect(user.rows.first).not_to_have_attribute("aria-label", before[0])
    user.page.get_by_role("button", name="The model's own values").click()
    expect(user.page.locator("#alpha-out")).to_have_text("0.60")
    expect(user.rows.first).to_have_attribute("aria-label", before[0])
    user.waits_for(lambda: "alpha" not in user.last_question())


def test_opacity_and_names_change_the_drawing_alone(user):
    canvas, asked = user.page.locator("#canvas"), len(user.sent("/segments"))
    user.page.wait_for_timeout(300)
    shots = [canvas.screenshot()]
    slide(user, "opacity", 90)
    user.page.wait_for_timeout(100)
    shots.append(canvas.screenshot())
    user.page.get_by_label("Names on the picture").uncheck()
    user.page.wait_for_timeout(100)
    shots.append(canvas.screenshot())
    assert len(set(shots)) == 3
    assert user.page.locator("#opacity-out").text_content() == "90 %"
    assert all(json.loads(one.post_data).get("vocabulary") for one in user.sent("/segments")[asked:]), "suggestions at most"


# Dichromats' sight as matrices on linear RGB (Machado, Oliveira, Fernandes 2009, severity 1).
SIGHTS = {
    "all cones": np.eye(3),
    "no red cones": np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]),
    "no green cones": np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]]),
    "no blue cones": np.array([[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]]),
}
LEAST_DISTANCE = 0.07  # in Oklab; two greys a twelfth of the range apart are told apart side by side


def oklab(linear):
    to_lms = np.array([[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566], [0.0883024619, 0.2817188376, 0.6299787005]])
    to_lab = np.array([[0.2104542553, 0.793617785, -0.0040720468], [1.9779984951, -2.428592205, 0.4505937099], [0.0259040371, 0.7827717662, -0.808675766]])
    return np.cbrt(np.clip(linear, 0, 1) @ to_lms.T) @ to_lab.T


def many_segments(count):
    """An answer of stripes with as many names."""
    segment = {"thing": True, "score": 0.9, "in_vocabulary_score": 0.9, "out_of_vocabulary_score": 0.9, "next_best": [], "area_px": 9600}
    segments = [
        {**segment, "id": i + 1, "name": f"name {i}", "synonym": f"name {i}", "box_xywh_px": [0, 20 * i, 640, 20]} for i in range(count)
    ]
    runs = [number for i in range(count) for number in (i + 1, 640 * 20)] + [0, 640 * (480 - 20 * count)]
    return {"image": "x", "task": "panoptic", "width": 640, "height": 480, "min_score": 0, "below_min_score": 0, "segments": segments, "map": {"encoding": "rle", "runs": runs}}


def test_colours_are_told_apart_by_everybody(new_user):
    user = new_user()
    user.page.route("**/segments", lambda route: route.fulfill(json=many_segments(24)))
    user.opens()
    expect(user.rows).to_have_count(24)
    swatches = user.page.locator("#segments canvas").evaluate_all(
        "all => all.map(one => [...one.getContext('2d').getImageData(0, 0, 48, 48).data])"
    )
    pixels = np.array(swatches).reshape(24, -1, 4)[..., :3] / 255
    linear = np.where(pixels <= 0.04045, pixels / 12.92, ((pixels + 0.055) / 1.055) ** 2.4)
    patterned = linear.std(axis=1).max(axis=1) > 0.02
    assert patterned[10:].all() and not patterned[:10].any(), "from the eleventh on a pattern helps"
    for sight, matrix in SIGHTS.items():
        seen = oklab(linear[:10].mean(axis=1) @ matrix.T)
        distances = np.linalg.norm(seen[:, None] - seen[None], axis=2) + np.eye(10)
        assert distances.min() > LEAST_DISTANCE, (sight, distances.min(), np.unravel_index(distances.argmin(), (10, 10)))
