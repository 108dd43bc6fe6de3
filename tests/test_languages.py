"""Texts for people follow Accept-Language, and acceptLanguage in connection_init; English otherwise."""

from typing import Any

import pytest

from tests.api import QUERIES, Api
from tests.sockets import acknowledged, first_answer

STEPS = "query ($n: String!) { order(number: $n) { tracking { steps { title } } actions { allowed reason } } }"
FRENCH = "fr-CH, fr;q=0.9, en;q=0.8"


def _refused(api: Api, language: str | None) -> dict[str, Any]:
    """Paying without a token, in a language."""
    customer = api.customer()
    order = customer.place("book")
    input_ = {"orderId": order["id"], "idempotencyKey": "x", "source": {"newMethod": {"kind": "CARD"}}}
    headers = {} if language is None else {"accept-language": language}
    answer = customer.send((QUERIES / "pay_order.graphql").read_text(), {"input": input_}, **headers)
    (error,) = answer["data"]["payOrder"]["errors"]
    return dict(error)


def test_refusals_of_a_rule_are_said_in_french_and_german(api: Api) -> None:
    english, french, german = (_refused(api, language) for language in (None, FRENCH, "de"))

    assert len({english["message"], french["message"], german["message"]}) == 3
    assert english["code"] == french["code"] == german["code"]
    assert _refused(api, "xx-unknown, *;q=0.1") == english
    assert _refused(api, ";;; q=, ;") == english


def test_wrong_credentials_are_said_in_french(api: Api) -> None:
    document = 'mutation { signIn(input: {email: "nobody@example.com", password: "x"}) { errors { message } } }'

    def message(**headers: str) -> Any:
        return api.send(document, None, **headers)["data"]["signIn"]["errors"][0]["message"]

    assert message() == "The e-mail address or the password is wrong."
    assert message(**{"accept-language": FRENCH}) == "L'adresse e-mail ou le mot de passe est incorrect."


def test_top_level_errors_are_said_in_french(api: Api) -> None:
    document = "{ orders { totalCount } }"
    english, french = (
        api.send(document, None, **headers)["errors"][0] for headers in ({}, {"accept-language": FRENCH})
    )

    assert english["message"] == "Sign in first."
    assert french["message"] not in ("", english["message"])
    assert french["extensions"] == english["extensions"] == {"code": "UNAUTHENTICATED"}
    with acknowledged(api.running, {"acceptLanguage": FRENCH}) as socket:
        assert first_answer(socket, document)["errors"] == [french]


@pytest.mark.parametrize("payload", [{"acceptLanguage": FRENCH}, {}])
def test_a_socket_speaks_the_language_of_its_init(api: Api, payload: dict[str, str]) -> None:
    customer = api.customer()
    order = customer.place("book")
    header = {"accept-language": FRENCH} if payload else {}
    over_http = customer.send(STEPS, {"n": order["number"]}, **header)

    authorization = {"authorization": f"Bearer {customer.token}"}
    with acknowledged(api.running, authorization | payload) as socket:
        assert first_answer(socket, STEPS, {"n": order["number"]}) == over_http
    titles = [step["title"] for step in over_http["data"]["order"]["tracking"]["steps"]]
    assert ("Your order is being checked" in titles) is (not payload)
    with acknowledged(api.running, authorization, headers={"accept-language": FRENCH}) as socket:
        french = first_answer(socket, STEPS, {"n": order["number"]})
        assert french == customer.send(STEPS, {"n": order["number"]}, **{"accept-language": FRENCH})
