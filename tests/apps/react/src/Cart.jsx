import { KvittCheckout } from "kvitt/react";

export function Cart() {
  return (
    <KvittCheckout proxy="https://pay.shop.example" items="mug:2,tea:1" amount={58700} currency="NOK" market="NO"
                   language="en" returnUrl="https://shop.example/thanks" />
  );
}
