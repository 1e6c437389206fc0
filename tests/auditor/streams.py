"""What holds for every aggregate, whatever it is: versions without a gap, commands applied once, time that never runs back."""
from .export import STREAMS

KEY_FIELD = {"order": "order_id", "payment": "payment_id", "shipment": "shipment_id", "product": "sku", "customer": "customer_id", "order_fulfilment": "order_id"}


def check(log, findings):
    """Returns when each event came to be."""
    versions, homes, commands, times, born = {}, {}, {}, {}, {}
    for commit in log.commits:
        stream, where, expect = (commit.kind, commit.key), commit.where, findings.expect
        version = versions.get(stream, 0)
        expect(commit.first_version == version + 1, "streams", where, f"{commit.kind} {commit.key} goes from version {version} to {commit.first_version}")
        versions[stream] = commit.first_version + len(commit.events) - 1
        expect(homes.setdefault(stream, commit.routing_key) == commit.routing_key, "streams", where, f"{commit.kind} {commit.key} changes its routing key")
        first = commands.setdefault(commit.command_id, where)
        expect(first == where, "streams", where, f"command {commit.command_id} was applied before, at {first}")
        expect(commit.time >= times.get(commit.partition, 0), "streams", where, "the time of the partition runs back")
        times[commit.partition] = commit.time
        expect(commit.body["correlation"] is not None, "streams", where, "belongs to nothing: it has no correlation")
        for event in commit.events:
            born[event.id] = commit.time
            check_place(event, findings)
    return born


def check_place(event, findings):
    """An event in a stream of another kind, or about another aggregate, is taken out: no fold knows what to do with it."""
    commit = event.commit
    hundred = commit.body["events"][event.index]["type"] // 100  # numbers of events and of kinds of streams go together
    if not findings.expect(STREAMS.get(hundred, commit.kind) == commit.kind, "streams", commit.where, f"a {event.name} in a stream of kind {commit.kind}"):
        event.misplaced = True
        return
    if commit.kind == "stock":
        key = f"{event['warehouse']}/{event['sku']}"
    elif commit.kind == "invoice":
        key = f"{event['source']}/{event['number']}"
        findings.expect(commit.first_version == 1, "streams", commit.where, f"invoice {commit.key} was imported before")
    elif commit.kind == "customer_erasure":
        key = event["customer"] or event["order"]
    elif commit.kind == "access":
        key = f"{event['principal']}/{event['day']}"
    elif commit.kind in KEY_FIELD:
        key = event[KEY_FIELD[commit.kind]]
    else:
        return
    event.misplaced = not findings.expect(key == commit.key, "streams", commit.where, f"a {event.name} of {key} in the stream of {commit.key}")


def check_causes(log, born, findings):
    """Only of a whole log at rest: each partition of an export is read up to an end of its own."""
    for commit in log.commits:
        if commit.causation is None:
            continue
        if findings.expect(commit.causation in born, "streams", commit.where, f"is caused by {commit.causation}, which is not in the log"):
            findings.expect(born[commit.causation] <= commit.time, "streams", commit.where, "is older than its cause")
