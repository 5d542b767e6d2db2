"""Tokens that must never be accepted, as data, and the few that must be.

Source: RFC 8725, and the attacks that JWT libraries have had CVEs for.
"""

import base64
import hashlib
import hmac
import json
from typing import Any

from cryptography.hazmat.primitives import serialization
from joserfc import jws
from joserfc.jwk import ECKey, Key, OctKey, OKPKey, RSAKey
from tidings_gateway.auth.keys import Keyring, TrustedKey, from_jwks

NOW = 1_800_000_000
SECRET = b"0123456789abcdef0123456789abcdef"
OCT = OctKey.import_key(SECRET)
RSA = RSAKey.generate_key(2048, {"kid": "rsa"})
EC = ECKey.generate_key("P-256", {"kid": "ec"})
ED = OKPKey.generate_key("Ed25519", {"kid": "ed"})
OTHER_SECRET = b"another-issuer-another-issuer-xx"
OTHER = OctKey.import_key(OTHER_SECRET)
STRANGER = RSAKey.generate_key(2048, {"kid": "stranger"})
CLAIMS: dict[str, Any] = {"iss": "tidings", "aud": "tidings", "sub": "passenger-1", "exp": NOW + 600, "iat": NOW}

KEYRING = Keyring(
    {
        **from_jwks({"keys": [key.as_dict(private=False) for key in (RSA, EC, ED)]}, "tidings"),
        None: TrustedKey(OCT, "tidings", ("HS256",)),
        "other": TrustedKey(OTHER, "other-issuer", ("HS256",)),
    }
)


def b64(raw: bytes | str) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(raw if isinstance(raw, bytes) else raw.encode()).rstrip(b"=").decode()


def hs256(header: str, payload: str | bytes, secret: bytes = SECRET) -> str:
    """A token of just these bytes, signed rightly."""
    signed = f"{b64(header)}.{b64(payload)}"
    return f"{signed}.{b64(hmac.new(secret, signed.encode(), hashlib.sha256).digest())}"


def token(header: dict[str, Any] | None = None, secret: bytes = SECRET, **claims: Any) -> str:
    """A rightly signed token; a claim of ... is left out."""
    body = {name: value for name, value in (CLAIMS | claims).items() if value is not ...}
    return hs256(json.dumps({"alg": "HS256"} | (header or {})), json.dumps(body), secret)


def signed(key: Key, alg: str, header: dict[str, Any] | None = None) -> str:
    """A token that `key` signs with `alg`, kid as the key has it."""
    head = {"alg": alg} | ({"kid": key.kid} if key.kid else {}) | (header or {})
    return jws.serialize_compact(head, json.dumps(CLAIMS), key, algorithms=[alg])


def good() -> dict[str, str]:
    """Tokens that must be accepted: a check that refuses everything proves nothing."""
    return {
        "HS256": token(),
        "RS256": signed(RSA, "RS256"),
        "ES256": signed(EC, "ES256"),
        "EdDSA": signed(ED, "EdDSA"),
        "Ed25519": signed(ED, "Ed25519"),
        "audience in a list": token(aud=["elsewhere", "tidings"]),
        "typ JWT": token({"typ": "JWT"}),
        "typ at+jwt": token({"typ": "at+jwt"}),
        "expired within the leeway": token(exp=NOW - 9),
        "begins within the leeway": token(nbf=NOW + 9),
        "claims that nobody knows": token(department="gates", nonce="n"),
        "the other issuer's own token": token({"kid": "other"}, OTHER_SECRET, iss="other-issuer"),
    }


def forged() -> dict[str, str]:
    """Name → token, each to be refused."""
    groups = (_unsigned(), _confused(), _headers(), _kids(), _claims(), _times(), _users(), _encodings(), _shapes())
    table: dict[str, str] = {}
    for group in groups:
        assert not table.keys() & group.keys()
        table |= group
    return table


def _unsigned() -> dict[str, str]:
    table = {}
    for alg in ("none", "None", "NONE", "nOnE", "none ", "", "null"):
        head = json.dumps({"alg": alg})
        table[f"alg {alg!r}, no signature"] = f"{b64(head)}.{b64(json.dumps(CLAIMS))}."
        table[f"alg {alg!r}, old signature"] = f"{b64(head)}.{b64(json.dumps(CLAIMS))}.{token().split('.')[2]}"
    table["no alg"] = hs256("{}", json.dumps(CLAIMS))
    for value in (None, 256, ["HS256"], {"HS256": 1}, True):
        table[f"alg {value!r}"] = hs256(json.dumps({"alg": value}), json.dumps(CLAIMS))
    return table


def _confused() -> dict[str, str]:
    table = {}
    pem = RSA.as_pem(private=False)
    der = RSA.public_key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    secrets = {"PEM": pem, "PEM without newline": pem.strip(), "DER": der, "DER and newline": der + b"\n", "empty": b""}
    secrets["JWK"] = json.dumps(RSA.as_dict(private=False)).encode()
    for name, secret in secrets.items():
        table[f"HS256 by the RSA key's {name}"] = token({"kid": "rsa"}, secret)
    for kid in ("ec", "ed"):
        table[f"HS256 by the secret under kid {kid}"] = token({"kid": kid})
    for alg in ("HS384", "HS512", "RS256", "ES256", "EdDSA", "hs256", "HS256 ", "A128KW", "dir"):
        table[f"HS256 that says {alg}"] = hs256(json.dumps({"alg": alg}), json.dumps(CLAIMS))
    table["HS512 by the right secret"] = jws.serialize_compact(
        {"alg": "HS512"}, json.dumps(CLAIMS), OCT, algorithms=["HS512"]
    )
    for alg in ("RS384", "RS512", "PS256"):
        table[f"{alg} by the right key"] = signed(RSA, alg)
    table["RS256 by a stranger under kid rsa"] = signed(STRANGER, "RS256", {"kid": "rsa"})
    table["ES256 with r = s = 0"] = _with_signature(signed(EC, "ES256"), bytes(64))
    table["ES256 with r = s = 2^256 - 1"] = _with_signature(signed(EC, "ES256"), b"\xff" * 64)
    table["ES256 with an empty DER sequence"] = _with_signature(signed(EC, "ES256"), bytes.fromhex("3006020100020100"))
    table["RS256 with a signature of zeros"] = _with_signature(signed(RSA, "RS256"), bytes(256))
    table["EdDSA with a signature of zeros"] = _with_signature(signed(ED, "EdDSA"), bytes(64))
    return table


def _headers() -> dict[str, str]:
    extra: dict[str, Any] = {
        "jwk": STRANGER.as_dict(private=False),
        "jku": "https://evil.example/jwks.json",
        "x5u": "https://evil.example/cert.pem",
        "x5c": ["MIIB"],
        "b64": False,
        "zip": "DEF",
        "cty": "JWT",
        "enc": "A128GCM",
        "iss": "tidings",
    }
    table = {f"header {name}, rightly signed": token({name: value}) for name, value in extra.items()}
    table["header jwk, signed by it"] = signed(STRANGER, "RS256", {"jwk": STRANGER.as_dict(private=False)})
    for crit in (["exp"], ["unknown"], [], "exp", 5, None, ["alg"], [5]):
        table[f"crit {crit!r}"] = token({"crit": crit})
    table["crit b64 with b64"] = token({"crit": ["b64"], "b64": False})
    for typ in ("ID", "id+jwt", "dpop+jwt", "logout+jwt", "secevent+jwt", "JOSE", "", 5, None):
        table[f"typ {typ!r}"] = token({"typ": typ})
    table["claim typ of an ID token"] = token(typ="ID")
    table["claim typ of a refresh token"] = token(typ="Refresh")
    table["claim token_use of an ID token"] = token(token_use="id")
    return table


def _kids() -> dict[str, str]:
    kids: dict[str, Any] = {
        "a path": "../../../../dev/null",
        "SQL": "x' UNION SELECT 'key' --",
        "NUL": "\0",
        "rsa and NUL": "rsa\0",
        "10 kB": "k" * 10_000,
        "unknown": "nobody",
        "empty": "",
        "null": None,
        "a number": 0,
        "a list": ["rsa"],
        "an object": {"kid": "rsa"},
        "another case": "RSA",
        "a URL": "https://evil.example/key",
    }
    table = {f"kid: {name}": token({"kid": kid}) for name, kid in kids.items()}
    table["the other issuer's key for our issuer"] = token({"kid": "other"}, OTHER_SECRET)
    table["our key for the other issuer"] = token(iss="other-issuer")
    return table


def _claims() -> dict[str, str]:
    table = {f"no {name}": token(**{name: ...}) for name in ("iss", "aud", "sub", "exp")}
    table |= {f"{name} null": token(**{name: None}) for name in ("iss", "aud", "sub", "exp")}
    for iss in ("Tidings", "tidings ", "tidings/", "", ["tidings"], 5, {"tidings": 1}):
        table[f"iss {iss!r}"] = token(iss=iss)
    for aud in ("Tidings", "tiding", "tidings2", "tidings ", "", [], ["other"], [["tidings"]], {"tidings": 1}, True):
        table[f"aud {aud!r}"] = token(aud=aud)
    for roles in ("publish", {"publish": True}, [1], [["publish"]], None, 5):
        table[f"roles {roles!r}"] = token(roles=roles)
    return table


def _times() -> dict[str, str]:
    values = ["0", "-1", "-1e400", "1e400", "NaN", "Infinity", '"1900000000"', "true", "[]", "{}", "9" * 30]
    values += [f"{NOW - 11}", f"{NOW + 600}.5", f"{NOW + 600}.0", "1e12", f"{NOW + 32 * 24 * 3600}"]
    body = json.dumps(CLAIMS | {"exp": "EXP"})
    table = {f"exp {value}": hs256('{"alg":"HS256"}', body.replace('"EXP"', value)) for value in values}
    table |= {f"nbf {value!r}": token(nbf=value) for value in (NOW + 11, NOW + 10**9, "0", [0])}
    table |= {f"iat {value!r}": token(iat=value) for value in (NOW + 11, "0", {})}
    return table


def _users() -> dict[str, str]:
    users: list[Any] = [
        "",
        " ",
        " a",
        "a\n",
        "a\0b",
        "a\x1b[31m",
        "u" * 201,
        "\ud800",
        5,
        ["a"],
        {"a": 1},
        True,
        "\u202ea",
    ]
    return {f"sub {user!r:.30}": token(sub=user) for user in users}


def _encodings() -> dict[str, str]:
    ours = token()
    head, body, signature = ours.split(".")
    return {
        "padded signature": ours + "=",
        "standard alphabet": f"{head}.{body}.{'+/' + signature[2:]}",
        "signature with loose last bits": f"{head}.{body}.{_loosen(signature)}",
        "newline inside": f"{head}.{body}\n.{signature}",
        "newline behind": ours + "\n",
        "blank behind": ours + " ",
        "duplicate claim": hs256('{"alg":"HS256"}', json.dumps(CLAIMS)[:-1] + ',"sub":"admin"}'),
        "duplicate alg": hs256('{"alg":"none","alg":"HS256"}', json.dumps(CLAIMS)),
        "duplicate kid": hs256('{"alg":"HS256","kid":"x","kid":"rsa"}', json.dumps(CLAIMS)),
        "claims in UTF-16": hs256('{"alg":"HS256"}', json.dumps(CLAIMS).encode("utf-16")),
        "claims with a BOM": hs256('{"alg":"HS256"}', b"\xef\xbb\xbf" + json.dumps(CLAIMS).encode()),
        "claims no UTF-8": hs256('{"alg":"HS256"}', b'{"sub":"\xff"}'),
        "claims a list": hs256('{"alg":"HS256"}', json.dumps([CLAIMS])),
        "claims a string": hs256('{"alg":"HS256"}', '"claims"'),
        "claims empty": hs256('{"alg":"HS256"}', ""),
        "claims deep": hs256('{"alg":"HS256"}', "[" * 3000),
        "header a list": hs256('["HS256"]', json.dumps(CLAIMS)),
        "header deep": hs256("[" * 3000, json.dumps(CLAIMS)),
        "header no JSON": hs256("alg", json.dumps(CLAIMS)),
        "comment in JSON": hs256('{"alg":"HS256"/**/}', json.dumps(CLAIMS)),
    }


def _shapes() -> dict[str, str]:
    ours = token()
    head, body, signature = ours.split(".")
    return {
        "empty": "",
        "a dot": ".",
        "dots": "..",
        "two parts": f"{head}.{body}",
        "trailing dot": ours + ".",
        "leading dot": "." + ours,
        "four parts": f"{ours}.{signature}",
        "five parts (JWE)": f"{ours}.{body}.{signature}",
        "no header": f".{body}.{signature}",
        "no claims": f"{head}..{signature}",
        "1 MB": f"{head}.{b64(bytes(750_000))}.{signature}",
        "1 MB of dots": "." * 1_000_000,
        "JSON serialisation": json.dumps({"payload": body, "protected": head, "signature": signature}),
        "fullwidth digits": ours[:-1] + "\uff11",
        "NUL": ours + "\0",
        "percent-encoded": ours.replace(".", "%2E"),
        "Bearer twice": "Bearer " + ours,
        "quoted": f'"{ours}"',
        "another token's signature": f"{head}.{body}.{token(sub='someone-else').split('.')[2]}",
        "another token's claims": f"{head}.{token(sub='admin').split('.')[1]}.{signature}",
        "wrong secret": token(secret=b"x" * 32),
    }


def _with_signature(text: str, signature: bytes) -> str:
    return text.rpartition(".")[0] + "." + b64(signature)


def _loosen(signature: str) -> str:
    # 32 bytes leave two spare bits in the last of 43 letters; set, they decode to the same bytes.
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return signature[:-1] + alphabet[alphabet.index(signature[-1]) | 1]
