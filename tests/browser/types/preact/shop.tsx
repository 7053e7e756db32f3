// A shop in Preact: the plain elements.
import "kvitt/define";

export const cart = (
  <kvitt-checkout items="mug:2,tea:1" amount={58700} sales-unit="no" class="pay" onkvitt-state={({ detail }) => console.log(detail.state)} />
);
export const thanks = <kvitt-confirmation language="nb" />;

// @ts-expect-error A confirmation has no cart.
export const wrong = <kvitt-confirmation items="mug:1" />;
