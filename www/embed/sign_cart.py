"""Signs a cart for Kvitt, in Python, with the standard library only. The result is the attribute `cart` of <kvitt-checkout>, or
the field `signed_cart` of a plain form. The secret stays on the server.

From a shell: CART_KEY=2026-11 CART_SECRET=… CART_AUDIENCE=https://pay.shop.example python3 sign_cart.py < cart.json
"""

import base64
import hashlib
import hmac
import json
import os
import sys
import time


def sign_cart(cart: dict, *, kid: str, secret: str, audience: str, life: int = 3600) -> str:
    """`cart` has lines and total, in minor units; `kid` and `secret` are the key's name and secret in the proxy's configuration,
    `audience` is the proxy's public_url, and `life` is how many seconds the cart is valid."""
    now = int(time.time())
    header = _part({"alg": "HS256", "typ": "kvitt-cart+jwt", "kid": kid})
    payload = _part({"aud": audience, "iat": now, "exp": now + life, "cart": cart})
    signature = hmac.digest(secret.encode(), f"{header}.{payload}".encode(), hashlib.sha256)
    return f"{header}.{payload}.{_base64url(signature)}"


def _part(value: dict) -> str:
    return _base64url(json.dumps(value).encode())


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


if __name__ == "__main__":
    env = os.environ
    print(sign_cart(json.load(sys.stdin), kid=env["CART_KEY"], secret=env["CART_SECRET"], audience=env["CART_AUDIENCE"]))
