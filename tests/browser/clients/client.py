"""What a shop's backend does with the client that openapi-python-client makes of the description: {url, key} on standard input."""

import json
import sys

from kvitt_client import AuthenticatedClient
from kvitt_client.api.browser import qr_png
from kvitt_client.api.shop import open_shop_checkout, show_order
from kvitt_client.models import Amount, Currency, NewShopCheckout, ShopCart, ShopLine

asked = json.load(sys.stdin)
client = AuthenticatedClient(base_url=asked["url"], token=asked["key"], httpx_args={"trust_env": False})
line = ShopLine(sku="mug", name="Mug", quantity=1, unit_price=24900, vat_rate=2500)
cart = ShopCart(lines=[line], total=Amount(value=24900, currency=Currency.NOK))
opened = open_shop_checkout.sync(client=client, body=NewShopCheckout(cart=cart), idempotency_key="python")
order = show_order.sync(opened.reference, client=client)
picture = qr_png.sync(opened.token, client=client).payload.read()
print(json.dumps({"reference": opened.reference, "order": order.reference, "state": order.state.value, "bytes": list(picture[1:4])}))
