"""Case 20: ids that were never given out, and ids of things of another type, are unknown."""

import base64

from schema.ids import read_id
from tests.api import Api

NODE = "query ($id: ID!) { node(id: $id) { __typename id } }"
TRANSITION = "query ($n: String!) { order(number: $n) { tracking { history { nodes { id } } } } }"


def _encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def test_case_20_forged_ids_are_unknown_even_to_those_who_see_all(api: Api) -> None:
    customer, staff = api.customer(), api.staff()
    order = customer.place("book")
    shown = customer.send(TRANSITION, {"n": order["number"]})["data"]["order"]["tracking"]["history"]["nodes"][0]["id"]
    kind, key = read_id(order["id"])
    position = read_id(shown)[1]
    forged = [
        "",
        "x",
        "=" * 1000,
        "Order:" + key,
        key,
        order["id"] + "=",
        order["id"] + "A",
        *(
            _encoded(text)
            for text in (
                key,
                f":{key}",
                f"order:{key}",
                f"Payment:{key}",
                f"Query:{key}",
                f"__typename:{key}",
                f"{kind}:{key.upper()}",
                f"{kind}:{key.replace('-', '')}",
                f"{kind}:{{{key}}}",
                f"{kind}:urn:uuid:{key}",
                f"{kind}:{key} ",
                f"{kind}:1",
                f"{kind}:{key}' OR 1=1",
                f"StatusTransition:0{position}",
                f"StatusTransition:+{position}",
                f"StatusTransition: {position}",
                f"StatusTransition:-{position}",
                "StatusTransition:" + "9" * 30,
                "StatusTransition:" + "9" * 5_000,
            )
        ),
    ]
    for text in forged:
        assert staff.send(NODE, {"id": text}) == {"data": {"node": None}}, text
        assert staff.run("confirm_order", orderId=text)["errors"][0]["code"] == "NOT_FOUND", text
    listed = staff.send('{ orders(filter: {customerId: "T3JkZXI6MQ"}) { totalCount } }')
    assert listed["errors"][0]["extensions"] == {"code": "BAD_USER_INPUT"}
