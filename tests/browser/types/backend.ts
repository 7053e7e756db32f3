// A shop's backend, as its developer writes it against the generated types.
import type { MoveMoney, Operations, Problem, ShopOrder } from "./kvitt-shop";

async function ask<Name extends keyof Operations>(
  method: Operations[Name]["method"],
  path: string,
  body?: Operations[Name]["body"],
): Promise<Operations[Name]["answer"]> {
  const response = await fetch(`https://pay.shop.example${path}`, { method, body: JSON.stringify(body) });
  if (!response.ok) throw await response.json();
  return response.json();
}

export async function ships(reference: string): Promise<number> {
  const order: ShopOrder = await ask<"show_order">("GET", `/v1/shop/orders/${reference}`);
  if (order.state !== "authorized") return 0;
  const parcel: MoveMoney = { amount: { value: 24900, currency: "NOK" }, lines: [{ sku: "mug", quantity: 1 }] };
  const { aggregate } = await ask<"capture">("POST", `/v1/shop/orders/${reference}/capture`, parcel);
  return aggregate.captured;
}

export function waits(problem: Problem): boolean {
  // A code that is not known yet is a string all the same.
  return problem.code === "capture_under_way" || problem.code === "a_code_of_tomorrow";
}

// @ts-expect-error: an operation is asked for by its method.
void ask<"capture">("GET", "/");
// @ts-expect-error: an amount has a currency.
export const wrong: MoveMoney = { amount: { value: 1 } };
// @ts-expect-error: there is no such state.
export const nowhere: ShopOrder["state"] = "rich";
