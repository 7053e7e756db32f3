// A shop in Svelte: its compiler takes the attributes of an element in a template from here.
import "kvitt/define";

type Attributes = svelteHTML.IntrinsicElements["kvitt-checkout"];
export const cart: Attributes = { items: "mug:2,tea:1", amount: 58700, "onkvitt-state": ({ detail }) => console.log(detail.state), class: "pay" };

// @ts-expect-error An amount is a number or text.
export const wrong: Attributes = { amount: { value: 1 } };
