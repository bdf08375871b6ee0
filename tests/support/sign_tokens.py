#!/usr/bin/python3
"""Tokens of an identity provider as PyJWT makes them: a line of JSON with a JWKS document and a
token for each algorithm. Arguments: ISSUER AUDIENCE TENANT SECRET."""
import base64
import json
import sys
import time

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa

CURVES = {"ES256": ec.SECP256R1(), "ES384": ec.SECP384R1(), "ES512": ec.SECP521R1()}
NAMES = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}


def text(number, size):
    return base64.urlsafe_b64encode(number.to_bytes(size, "big")).rstrip(b"=").decode()


def ec_jwk(key, algorithm):
    numbers = key.public_key().public_numbers()
    size = (key.curve.key_size + 7) // 8
    return {"kty": "EC", "crv": NAMES[algorithm], "x": text(numbers.x, size),
            "y": text(numbers.y, size), "kid": algorithm, "use": "sig", "alg": algorithm}


def main(issuer, audience, tenant, secret):
    now = int(time.time())
    claims = {"iss": issuer, "aud": [audience], "sub": "ann", "tid": tenant, "iat": now,
              "nbf": now, "exp": now + 300}
    rsa_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    rsa_jwk = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(rsa_key.public_key()))
    rsa_jwk["kid"] = "rsa"
    keys, tokens = [rsa_jwk], {}
    for algorithm in ("RS256", "RS384", "RS512"):
        tokens[algorithm] = jwt.encode(claims, rsa_key, algorithm, headers={"kid": "rsa"})
    for algorithm, curve in CURVES.items():
        key = ec.generate_private_key(curve)
        keys.append(ec_jwk(key, algorithm))
        headers = {"kid": algorithm, "typ": "at+jwt"}
        tokens[algorithm] = jwt.encode(claims, key, algorithm, headers=headers)
    tokens["HS256"] = jwt.encode(claims, secret, "HS256")
    tokens["PS256"] = jwt.encode(claims, rsa_key, "PS256", headers={"kid": "rsa"})
    tokens["none"] = jwt.encode(claims, None, "none")
    print(json.dumps({"document": json.dumps({"keys": keys}), "tokens": tokens}))


main(*sys.argv[1:])
