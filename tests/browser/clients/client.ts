// What a shop's backend does with the client that openapi-typescript and openapi-fetch make of the description.
import createClient from "openapi-fetch";

import type { paths } from "./kvitt.js";

/** Opens an order, reads it, and fetches its QR code. */
export async function calls(baseUrl: string, key: string) {
  const proxy = createClient<paths>({ baseUrl, headers: { authorization: `Bearer ${key}` } });
  const line = { sku: "mug", name: "Mug", quantity: 1, unit_price: 24900, vat_rate: 2500 };
  const body = { cart: { lines: [line], total: { value: 24900, currency: "NOK" as const } } };
  // @ts-expect-error the key is required
  const unsent = () => proxy.POST("/v1/shop/checkouts", { body });
  void unsent;
  const opened = await proxy.POST("/v1/shop/checkouts", { params: { header: { "Idempotency-Key": "typescript" } }, body });
  if (opened.error) throw new Error(opened.error.code);
  const { reference, token } = opened.data;
  const order = await proxy.GET("/v1/shop/orders/{reference}", { params: { path: { reference } } });
  if (order.error) throw new Error(order.error.code);
  const qr = await proxy.GET("/pay/{token}/qr.png", { params: { path: { token } }, parseAs: "arrayBuffer" });
  if (qr.error) throw new Error(qr.error.code);
  return { reference, order: order.data.reference, state: order.data.state, bytes: [...new Uint8Array(qr.data as ArrayBuffer).slice(1, 4)] };
}
