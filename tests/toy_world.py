"""A world for toy calls to reach: what it answers can change between a recording and its replay."""

from __future__ import annotations

from timetracer import sessions
from timetracer.recording.session import Recording
from timetracer.replaying.session import Replay
from toy import TOY


class World:
    """Answers addresses. A call goes the way of the current session: recorded, answered from a cassette, or real."""

    def __init__(self, **answers: bytes) -> None:
        self.answers = answers
        self.reached: list[str] = []
        """The addresses that really were called."""

    def get(self, address: str) -> bytes:
        session = sessions.current()
        if isinstance(session, Replay):
            return session.answer(TOY, ("GET", address), b"").exchange.response_body or b""
        self.reached.append(address)
        answer = self.answers[address]
        if isinstance(session, Recording) and (tape := session.begin(TOY, ("GET", address))):
            tape.response_reel.whole(answer)
            tape.answered((200,))
            tape.finish()
        return answer
