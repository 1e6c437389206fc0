"""The allowed-includes table: the rooms of the project, what each may see, and which third-party headers are fenced."""
from dataclasses import dataclass

EVERYTHING = ("core", "schemas", "platform", "command-side", "sagas", "projections", "integration", "query-side", "gateway", "proofs")
PORTS = ("core", "schemas", "platform/ports")


@dataclass(frozen=True)
class Room:
    folder: str
    may_see: tuple[str, ...]  # folders, each with all below it; a room always sees itself
    pure: bool = False


# The longest matching folder decides. What is in no room is no place for code.
ROOMS = (
    Room("core", (), pure=True),
    Room("schemas", ("core",), pure=True),
    Room("platform/ports", ("core", "schemas")),
    Room("platform/adapters", PORTS),
    Room("platform/host", PORTS),
    Room("command-side/domain", ("core", "schemas"), pure=True),
    Room("command-side/runtime", PORTS + ("platform/host", "command-side")),
    Room("sagas/processes", ("core", "schemas"), pure=True),
    Room("sagas/runtime", PORTS + ("platform/host", "sagas")),
    Room("projections/views", ("core", "schemas", "query-side/read_models"), pure=True),
    Room("projections/runtime", PORTS + ("platform/host", "projections", "query-side/read_models")),
    Room("integration/mapping", ("core", "schemas"), pure=True),
    Room("integration/runtime", PORTS + ("platform/host", "integration")),
    Room("query-side/read_models", ("core", "schemas"), pure=True),
    Room("query-side/queries", PORTS + ("query-side",)),
    Room("proofs", ("core",), pure=True),
    Room("gateway/http", PORTS),
    Room("gateway", PORTS + ("query-side",)),
    Room("tools", EVERYTHING),
    Room("tools/proof_verifier", ()),  # an auditor reads it alone
    Room("tests", EVERYTHING),
    Room("tests/simulation", EVERYTHING + ("tests", "tools")),  # its world has the house's books
    Room("tests/faults", EVERYTHING + ("tests", "tools")),  # its machine is the simulator's shop on real files
    Room("tests/fuzz", EVERYTHING + ("tests", "tools")),  # what reads bytes from outside may be a program of its own
    Room("tests/tools", EVERYTHING + ("tests", "tools")),  # a test of a part of a program sees that part
)
LAYERS = EVERYTHING + ("tools", "tests")


@dataclass(frozen=True)
class Fence:
    prefix: str  # of the header's name between the angle brackets
    allowed: tuple[str, ...]


FENCES = (
    Fence("rocksdb/", ("platform/adapters/rocksdb", "tests/faults/power")),  # what a log still holds behind its high-water mark
    Fence("librdkafka/", ("platform/adapters/kafka", "tests/platform/adapters/kafka_producer", "tools/broker_bench")),  # mock brokers; the raw producer to compare with
    Fence("boost/beast", ("gateway/http", "platform/adapters/http_client")),
    Fence("boost/asio", ("gateway/http", "platform/adapters/http_client", "platform/host")),
    Fence("flatbuffers/", ("schemas", "query-side/read_models")),
)
# Headers below these are nobody's contract, so they may name third-party types.
INNER_HEADERS = ("platform/adapters", "gateway/http", "tools", "tests")


def is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder + "/")


def room_of(path: str) -> Room | None:
    matching = [room for room in ROOMS if is_below(path, room.folder)]
    return max(matching, key=lambda room: len(room.folder), default=None)


def is_pure(path: str) -> bool:
    room = room_of(path)
    return room is not None and room.pure


def may_see(room: Room, target: str) -> bool:
    return any(is_below(target, folder) for folder in (room.folder, *room.may_see))


def layer_of(path: str) -> str | None:
    return next((layer for layer in LAYERS if is_below(path, layer)), None)
