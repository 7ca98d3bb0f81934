"""A visitor without a browser: what one sends and reads over Streamlit's own protocol."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets import Subprotocol
from websockets.asyncio.client import ClientConnection, connect

DEADLINE = 300.0  # seconds for a connection

WHOLE, PART = ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY


class Session:
    """One visitor: what is on the page, and how to use it; `on_tick` hears of each look anew."""

    def __init__(self, socket: ClientConnection, on_tick: Callable[[], None]) -> None:
        self._socket, self._on_tick = socket, on_tick
        self._page, self._query, self._finished = "", "", asyncio.Event()
        self._awaited: tuple[int, ...] = ()
        self._ticking: asyncio.Task[None] | None = None
        self._news = asyncio.Condition()
        self.received = 0  # bytes
        self.live = ""  # the fragment that draws itself anew
        self.buttons: dict[str, tuple[str, str]] = {}  # by label: id, fragment
        self.choices: dict[str, tuple[str, str, str]] = {}  # by label: id, fragment, kind
        self.links: dict[str, str] = {}  # pages' hashes by name
        self.words = ""  # of warnings and errors
        self.paragraphs: set[str] = set()  # of the page, in Markdown

    async def ask(
        self,
        *,
        name: str = "",
        query: str = "",
        page: str = "",
        fragment: str = "",
        moved: WidgetState | None = None,
    ) -> None:
        """Have a page or a fragment drawn, with what was `moved`, and wait until it is."""
        message = BackMsg()
        rerun = message.rerun_script
        self._query = query if name or page else self._query
        rerun.page_name, rerun.query_string = name, self._query
        rerun.page_script_hash = page or ("" if name else self._page)
        rerun.fragment_id = fragment
        if moved is not None:
            rerun.widget_states.widgets.append(moved)
        # A look that is still under way is no answer to who asks for all; a part may ask for all.
        self._awaited = (WHOLE, PART) if fragment else (WHOLE,)
        self._finished.clear()
        if page:
            self.buttons.clear()
            self.paragraphs.clear()
            self.rest()
        await self._socket.send(message.SerializeToString())
        await self._finished.wait()

    async def press(self, label: str) -> None:
        identity, fragment = self.buttons[label]
        await self.ask(moved=WidgetState(id=identity, trigger_value=True), fragment=fragment)

    async def choose(self, label: str, word: str) -> None:
        """Choose a `word` in a list, or among those of a segmented control."""
        identity, fragment, kind = self.choices[label]
        moved = WidgetState(id=identity)
        if kind == "selectbox":
            moved.string_value = word
        else:
            moved.string_array_value.data.append(word)
        await self.ask(moved=moved, fragment=fragment)

    async def until(self, seen: Callable[[], bool]) -> None:
        """Wait until something is on the page, which draws itself anew meanwhile."""
        async with self._news:
            await self._news.wait_for(seen)

    async def listen(self) -> None:
        async for received in self._socket:
            self.received += len(received)
            message = ForwardMsg.FromString(received)
            kind = message.WhichOneof("type")
            if kind == "new_session":
                self._page = message.new_session.page_script_hash
            elif kind == "navigation":  # a page that was asked for by its name
                self._page = message.navigation.page_script_hash or self._page
            elif kind == "page_info_changed":
                self._query = message.page_info_changed.query_string
            elif kind == "delta":
                self._read(message)
            elif kind in ("auto_rerun", "stop_auto_rerun"):
                self.rest()
                if kind == "auto_rerun":
                    rerun = message.auto_rerun
                    self.live = rerun.fragment_id
                    self._ticking = asyncio.create_task(
                        self._tick(rerun.fragment_id, rerun.interval)
                    )
            elif kind == "script_finished" and message.script_finished in self._awaited:
                self._finished.set()
            async with self._news:
                self._news.notify_all()

    def _read(self, message: ForwardMsg) -> None:
        element = message.delta.new_element
        kind = element.WhichOneof("type")
        if kind == "button":
            label = re.sub(r"^:primary\[\*\*(.*)\*\*\]$", r"\1", element.button.label)  # is chosen
            self.buttons[label] = (element.button.id, message.delta.fragment_id)
        elif kind in ("button_group", "selectbox"):
            choice = getattr(element, kind)
            self.choices[choice.label] = (choice.id, message.delta.fragment_id, kind)
        elif kind == "page_link":
            self.links[element.page_link.page] = element.page_link.page_script_hash
        elif kind == "markdown":
            self.paragraphs.add(element.markdown.body)
        elif kind == "alert":
            self.words += element.alert.body

    def rest(self) -> None:
        """Look no more by itself."""
        if self._ticking:
            self._ticking.cancel()

    async def _tick(self, fragment: str, interval: float) -> None:
        while True:
            await asyncio.sleep(interval)
            message = BackMsg()
            message.rerun_script.page_script_hash = self._page
            message.rerun_script.query_string = self._query
            message.rerun_script.fragment_id = fragment
            message.rerun_script.is_auto_rerun = True
            await self._socket.send(message.SerializeToString())
            self._on_tick()


@asynccontextmanager
async def connected(
    address: str, on_tick: Callable[[], None] = lambda: None
) -> AsyncIterator[Session]:
    """A session with the server at `address`, which listens until it is left."""
    socket = address.replace("http", "ws", 1) + "/_stcore/stream"
    subprotocols = [Subprotocol("streamlit")]
    async with connect(
        socket, subprotocols=subprotocols, max_size=None, open_timeout=DEADLINE, ping_interval=None
    ) as opened:
        session = Session(opened, on_tick)
        listening = asyncio.create_task(session.listen())
        try:
            yield session
        finally:
            session.rest()
            listening.cancel()
