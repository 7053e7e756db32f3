import { KvittCheckout } from "kvitt/react";

export default function Cart() {
  return (
    <KvittCheckout proxy="https://pay.shop.example" items="mug:2,tea:1" amount={58700} currency="NOK" market="NO"
                   salesUnit="no" language="en" returnUrl="https://shop.example/thanks">
      <a href="https://pay.shop.example">Pay without scripts</a>
    </KvittCheckout>
  );
}
