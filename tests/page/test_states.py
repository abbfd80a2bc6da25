"""What goes wrong or takes time: queue, errors, a token, a picture that is forgotten, a server that dies and comes back."""

import re

import pytest
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError
from playwright.sync_api import expect


def problem(status, code, detail, **headers):
    body = {"type": "about:blank", "title": "Problem", "status": status, "code": code, "detail": detail, "request_id": "r1"}
    return {"status": status, "json": body, "content_type": "application/problem+json", "headers": headers}


def refuse_once(user, pattern, **answer):
    refused = []

    def handle(route):
        if refused:
            return route.continue_()
        refused.append(route.request)
        route.fulfill(**answer)

    user.page.route(pattern, handle)
    return refused


def test_the_place_in_the_queue(new_user):
    user, held, places = new_user(), [], [3, 2]
    user.page.route("**/v1/images", lambda route: held.append(route))

    def tell(route):
        route.fulfill(json={"state": "waiting", "place": places.pop(0)} if places else {"state": "running"})

    user.page.route("**/v1/requests/*", tell)
    user.opens(wait=False)
    busy = user.page.locator("#busy")
    expect(busy).to_have_text("Waiting: place 3 in the queue")
    user.has_no_barriers()
    expect(busy).to_have_text("Waiting: place 2 in the queue")
    expect(busy).to_have_text("The network looks at the picture…")
    polled = {one.url.rsplit("/", 1)[1] for one in user.requests if "/v1/requests/" in one.url}
    assert held[0].request.headers["x-request-id"] in polled
    held[0].continue_()
    expect(user.rows.first).to_be_visible()
    expect(busy).to_be_empty()


def test_an_error_is_told_in_its_own_words(user):
    user.page.route("**/segments", lambda route: route.fulfill(**problem(422, "invalid_value", "words: 5001 of them; at most 5000")))
    user.types("kite,")
    expect(user.notice()).to_contain_text("words: 5001 of them; at most 5000")
    user.has_no_barriers()
    user.page.unroute("**/segments")
    user.page.get_by_role("button", name="Try again").click()
    expect(user.notice()).to_be_hidden()
    expect(user.rows.first).to_be_visible()


@pytest.mark.parametrize(
    "status, code, words", [(429, "overloaded", "hands full"), (503, "unavailable", "not ready yet"), (503, "timed_out", "took too long")]
)
def test_what_passes_is_waited_for(user, status, code, words):
    refused = refuse_once(user, "**/segments", **problem(status, code, "later", **{"Retry-After": "2"}))
    user.page.get_by_role("button", name="Remove bat").click()
    expect(user.notice()).to_contain_text(words)
    expect(user.page.locator("#notice-count")).to_have_text(re.compile("in [12] s"))
    user.has_no_barriers()
    expect(user.notice()).to_be_hidden()
    user.waits_for(lambda: "bat" not in user.names())
    assert refused


def test_a_model_that_is_still_loading(new_user):
    user = new_user()
    refuse_once(user, "**/v1/models", json={"models": [{"name": "mini", "ready": False}]})
    refuse_once(user, "**/v1/images", **problem(503, "unavailable", "the model is being loaded", **{"Retry-After": "1"}))
    user.opens(wait=False)
    expect(user.notice()).to_contain_text("not ready yet")
    expect(user.page.locator("#model-dot")).not_to_have_class("dot ready")
    expect(user.rows.first).to_be_visible()
    expect(user.page.locator("#model-dot")).to_have_class("dot ready")
    expect(user.notice()).to_be_hidden()


def test_a_token(new_user):
    user = new_user()

    def guard(route):
        shown = route.request.headers.get("authorization")
        if shown == "Bearer open-sesame":
            route.continue_()
        else:
            route.fulfill(**problem(401, "unauthorized", "this server wants a token", **{"WWW-Authenticate": "Bearer"}))

    user.page.route("**/v1/**", guard)
    user.opens(wait=False)
    dialog = user.page.get_by_role("dialog", name="This server asks for a token")
    expect(dialog).to_be_visible()
    user.has_no_barriers()
    dialog.get_by_label("Token").fill("wrong")
    dialog.get_by_role("button", name="Go on").click()
    expect(dialog).to_contain_text("did not accept")
    dialog.get_by_label("Token").fill("open-sesame")
    user.page.keyboard.press("Enter")
    expect(user.rows.first).to_be_visible()
    assert user.page.evaluate("[localStorage.length, document.cookie]") == [0, ""], "the tab alone keeps it"
    user.page.reload()
    expect(user.rows.first).to_be_visible()
    expect(dialog).to_be_hidden()


def test_a_token_that_nobody_has(new_user):
    user = new_user()
    user.page.route("**/v1/**", lambda route: route.fulfill(**problem(401, "unauthorized", "this server wants a token")))
    user.opens(wait=False)
    dialog = user.page.get_by_role("dialog", name="This server asks for a token")
    expect(dialog).to_be_visible()
    user.page.keyboard.press("Escape")
    expect(user.notice()).to_contain_text("this server wants a token")
    expect(user.page.get_by_role("button", name="Try again")).to_be_visible()


def test_a_picture_that_the_server_has_forgotten_is_sent_again(user):
    expect(user.page.locator("#suggestion-list button").first).to_be_visible()
    picture = user.sent("/segments")[-1].url.rsplit("/", 1)[0]
    assert user.page.request.delete(picture).status == 204
    user.removes_all_words()
    user.types("ladybug,")
    user.sees("ladybug")
    expect(user.rows).to_have_count(1)
    expect(user.notice()).to_be_hidden()
    assert len(user.sent("/v1/images")) == 2


def test_nothing_found(user):
    answer = {"image": "x", "task": "panoptic", "width": 640, "height": 480, "min_score": 0, "below_min_score": 0, "segments": [], "map": {"encoding": "rle", "runs": [0, 307200]}}
    user.page.route("**/segments", lambda route: route.fulfill(json=answer))
    user.types("unicorn,")
    expect(user.status()).to_contain_text("Nothing found")
    expect(user.rows).to_have_count(0)
    user.has_no_barriers()


def test_a_server_that_dies_and_comes_back(server, user):
    if not server.command:
        pytest.skip("this server was not started by the tests")
    expect(user.page.locator("#suggestion-list button").first).to_be_visible()
    server.kill()
    try:
        user.removes_all_words()
        user.types("ladybug, rock,")
        expect(user.notice()).to_contain_text("The server does not answer. Trying again")
        expect(user.page.locator("#notice-count")).to_contain_text("in ")
        user.has_no_barriers()
    finally:
        server.start()
    try:
        user.page.get_by_role("button", name="Ask now").click(timeout=3000)
    except PlaywrightTimeoutError:
        pass  # the page has asked again by itself, and the button went
    user.sees("ladybug", "rock")
    expect(user.rows).to_have_count(2)
    expect(user.notice()).to_be_hidden()
