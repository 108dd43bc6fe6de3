"""Passwords: hashed with argon2 in worker threads, few at a time, and as slowly for a stranger as for an account."""

import secrets
from dataclasses import dataclass
from functools import partial

from anyio import CapacityLimiter, to_thread
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher


@dataclass(frozen=True, slots=True)
class Verdict:
    """`upgraded`: a hash to store in the old one's place, where that was made with weaker parameters."""

    right: bool
    upgraded: str | None = None


class Passwords:
    """A hash takes some 64 MiB, and a core for a tenth of a second; `concurrency` bounds what all of them take."""

    def __init__(self, *, hasher: Argon2Hasher | None = None, concurrency: int = 2) -> None:
        self._hash = PasswordHash([hasher or Argon2Hasher()])
        self._limiter = CapacityLimiter(concurrency)
        self._nobody: str | None = None

    async def hash(self, password: str) -> str:
        return await to_thread.run_sync(self._hash.hash, _bytes(password), limiter=self._limiter)

    async def check(self, password: str, stored: str | None) -> Verdict:
        """Whether `password` is the one behind the hash. `stored` is None where there is no account to sign in to."""
        check = partial(self._hash.verify_and_update, _bytes(password), stored or await self._nobodys())
        right, upgraded = await to_thread.run_sync(check, limiter=self._limiter)
        return Verdict(right, upgraded) if stored else Verdict(right=False)

    async def _nobodys(self) -> str:
        """What is checked where there is no account, so that the time taken does not tell; made ahead by `prepare`."""
        if self._nobody is None:
            self._nobody = await self.hash(secrets.token_urlsafe())
        return self._nobody

    async def prepare(self) -> None:
        """Beside a start, which it would hold up by a tenth of a second."""
        await self._nobodys()


def _bytes(password: str) -> bytes:
    """Of any text at all: what JSON can hold is more than what UTF-8 can."""
    return password.encode("utf-8", "surrogatepass")
