"""How the program shows values as JSON, said again here, so that what it shows can be held against the bytes."""
import datetime

EXPONENTS = {"BHD": 3, "KWD": 3, "ISK": 0, "JPY": 0, "KRW": 0}  # decimals of the minor unit; all others have 2
EPOCH = datetime.datetime(1970, 1, 1)
HIDDEN = "(hidden)"


def rfc3339(unix_us):
    text = (EPOCH + datetime.timedelta(microseconds=unix_us)).isoformat()
    return text + "Z"


def minor_step(currency):
    return 10_000 // 10 ** EXPONENTS.get(currency, 2)


def round_to_minor(ten_thousandths, currency):
    """Half away from zero."""
    step = minor_step(currency)
    whole, rest = divmod(abs(ten_thousandths), step)
    whole += 2 * rest >= step
    return whole if ten_thousandths >= 0 else -whole


def decimal_text(ten_thousandths, currency):
    whole, rest = divmod(abs(ten_thousandths), 10_000)
    fraction = f"{rest:04d}"
    while len(fraction) > EXPONENTS.get(currency, 2) and fraction.endswith("0"):
        fraction = fraction[:-1]
    return ("-" if ten_thousandths < 0 else "") + str(whole) + ("." + fraction if fraction else "")


def shown(value, kind):
    """What the JSON of one field holds; None: the field is left out."""
    name = kind.rsplit(".", 1)[-1]
    if value is None or name in ("Money", "Amount") and value[1] == "\0\0\0" or name == "Time" and value == 0:
        return None
    if name == "Money":
        return {"amount": value[0], "currency": value[1]}
    if name == "Amount":
        return {"amount": decimal_text(*value), "currency": value[1]}
    if name == "Time":
        return rfc3339(value)
    if name == "Sealed":
        return {"sealed_for": value["person"] or "per_" + 32 * "0", "bytes": len(value["box"])}
    if name in ("Sku", "WarehouseCode", "CountryCode", "string"):
        return value or None
    if isinstance(value, dict) and hasattr(value, "schema"):
        return as_shown(value)
    return value


def as_shown(table):
    result = {}
    for name, kind, _, marks, _ in table.schema:
        value = table[name]
        if "secret" in marks:
            text = HIDDEN if value else None
        elif kind == "[ubyte]":
            name, text = f"{name}_bytes", len(value) or None
        elif kind.startswith("["):
            text = [shown(item, kind[1:-1]) for item in value]
        else:
            text = shown(value, kind)
        if text is not None:
            result[name] = text
    return result


def differences(ours, theirs):
    """One line for each field in which the bytes and the JSON of a table differ."""
    mine, theirs = as_shown(ours), theirs or {}
    return [f"{name} is {mine.get(name)!r}, shown is {theirs.get(name)!r}" for name in sorted(mine.keys() | theirs.keys()) if mine.get(name) != theirs.get(name)]
