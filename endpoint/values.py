"""What a value given by a client may be, in the document or in its variables: no endless list, no NUL.

PostgreSQL cannot store the character NUL and SQLite can, so it is refused before either is asked. Lone surrogates
need no rule here: neither the parser nor the JSON decoder lets one through.
"""

from collections.abc import Iterator

from graphql import DocumentNode, ListValueNode, StringValueNode, Visitor, visit

_NUL = "A text may not hold the character NUL."


class _Literals(Visitor):
    def __init__(self, list_items: int) -> None:
        super().__init__()
        self.list_items = list_items
        self.faults: set[str] = set()

    def enter_list_value(self, node: ListValueNode, *_: object) -> None:
        if len(node.values) > self.list_items:
            self.faults.add(_too_long(self.list_items))

    def enter_string_value(self, node: StringValueNode, *_: object) -> None:
        if "\0" in node.value:
            self.faults.add(_NUL)


def faults_of_literals(document: DocumentNode, *, list_items: int) -> Iterator[str]:
    """Says what is wrong with the values that are written in the document itself."""
    visitor = _Literals(list_items)
    visit(document, visitor)
    yield from sorted(visitor.faults)


def faults_of_variables(variables: object, *, list_items: int) -> Iterator[str]:
    """Says what is wrong with decoded JSON. Keeps a list of its own, so that no nesting can exhaust the stack."""
    faults: set[str] = set()
    waiting = [variables]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str) and "\0" in value:
            faults.add(_NUL)
        elif isinstance(value, list):
            if len(value) > list_items:
                faults.add(_too_long(list_items))
            waiting.extend(value)
        elif isinstance(value, dict):
            waiting.extend(value.values())
    yield from sorted(faults)


def _too_long(list_items: int) -> str:
    return f"A list may not have more than {list_items} items."
