"""Check a proof of `werda audit prove`: python verify_proof.py PROOF.json PUBLIC_KEY [PUBLIC_KEY …]

Each record is one line of text. Its hash stands among those of its batch; the batch's hash is chained to the one before
and makes a leaf; the leaf leads to a root, and the root is signed. PUBLIC_KEY is what `werda audit key` prints, which
the operator published; a later key is believed when an earlier one signed it. Standard library only; signatures are
checked where `cryptography` is installed.
"""

import base64
import hashlib
import json
import sys


def sha256(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def root_of(record: dict) -> bytes:
    rows = [base64.b64decode(row) for row in record["rows"]]
    if rows[record["row"]] != sha256(record["line"].encode()):
        sys.exit(f"the hash of this record is not in its batch: {record['line']}")
    batch = sha256(base64.b64decode(record["before"]), *rows)
    at = sha256(b"\x00", b"%d|%d|" % (record["log"], record["batch"]), batch)  # RFC 9162, 2.1.1
    for side, beside in record["path"]:
        beside = base64.b64decode(beside)
        at = sha256(b"\x01", beside, at) if side == "left" else sha256(b"\x01", at, beside)
    return at


def signed(keys: list[str], signature: bytes, text: str) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    for key in keys:
        try:
            Ed25519PublicKey.from_public_bytes(base64.b64decode(key)).verify(signature, text.encode())
            return True
        except InvalidSignature:
            continue
    return False


def main(proof_file: str, *public_keys: str) -> None:
    with open(proof_file, encoding="utf-8") as file:
        proof = json.load(file)
    proof = proof.get("proof", proof)  # what a customer exports from the portal holds the proof beside the rest
    if not proof["checkpoint"]:
        sys.exit("the proof holds no checkpoint: nothing was sealed yet")
    text, _, signature_line = proof["checkpoint"].partition("\n\n")
    root = base64.b64decode(text.split("\n")[2])
    for record in proof["records"]:
        if root_of(record) != root:
            sys.exit(f"this record does not lead to the signed root: {record['line']}")
    keys = list(public_keys)
    try:
        for later in proof.get("keys", []):
            if signed(keys, base64.b64decode(later["signature"]), f"werda/audit key\n{later['public']}\n"):
                keys.append(later["public"])
        if not signed(keys, base64.b64decode(signature_line.split(" ")[2])[4:], f"{text}\n"):
            sys.exit("the checkpoint is not signed with this key")
    except ImportError:
        print("NOT CHECKED: the signature; install cryptography for that", file=sys.stderr)
    print(f"{len(proof['records'])} records are in the record that was signed at {text.split(chr(10))[3]}")


if __name__ == "__main__":
    main(*sys.argv[1:])
