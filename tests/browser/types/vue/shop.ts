// A shop in Vue: its compiler takes the props of an element in a template from here.
import "kvitt/define";
import type { GlobalComponents } from "vue";

type Props = InstanceType<GlobalComponents["KvittCheckout"]>["$props"];
export const cart: Props = { items: "mug:2,tea:1", amount: 58700, onKvittState: ({ detail }) => console.log(detail.state) };
export const thanks: InstanceType<GlobalComponents["KvittConfirmation"]>["$props"] = { language: "nb" };

// @ts-expect-error An amount is a number or text.
export const wrong: Props = { amount: { value: 1 } };
