// A shop in React: the components with their events as props, and the plain elements.
import { createRef } from "react";
import { KvittCheckout, KvittConfirmation } from "kvitt/react";
import type { KvittState } from "kvitt";
import type { KvittCheckout as Element } from "kvitt";

const element = createRef<Element>();

export const cart = (
  <KvittCheckout
    ref={element}
    key="cart"
    className="pay"
    proxy="https://pay.shop.example"
    items="mug:2,tea:1"
    amount={58700}
    salesUnit="no"
    returnUrl="/thanks"
    onLeave={(event) => event.preventDefault()}
    onState={({ detail }) => {
      const state: KvittState = detail.state;
      console.log(state, element.current?.salesUnit);
    }}
  >
    <a href="/pay">Pay</a>
  </KvittCheckout>
);
export const thanks = <KvittConfirmation language="nb" onTrouble={({ detail }) => console.log(detail.code.length)} />;
export const plain = <kvitt-checkout items="mug:1" amount={24900} sales-unit="no" className="pay" onkvitt-state={({ detail }) => console.log(detail.reference)} />;

// @ts-expect-error A confirmation has no cart.
export const wrong = <KvittConfirmation items="mug:1" />;
// @ts-expect-error A sales unit is a name.
export const unit = <KvittCheckout salesUnit={3} />;
// @ts-expect-error An amount is a number or text.
export const amount = <kvitt-checkout amount={{ value: 1 }} />;
