"use client";
/**
 * The elements as React components. The props are the elements' properties, written as the attributes that a server must write, and
 * `onOpen`, `onLeave`, `onState`, `onPurchase` and `onTrouble`: React attaches no handler to a custom element that a server has rendered. The elements are
 * registered when the handlers are there, so no event is missed.
 */
import { createElement, useImperativeHandle, useLayoutEffect, useRef } from "react";
import { register } from "./index.js";

/** @param {(event: CustomEvent) => void} [handler] called for an event of the element */
function useEvent(element, name, handler) {
  useLayoutEffect(() => {
    const { current } = element;
    if (handler) current.addEventListener(name, handler);
    return () => current.removeEventListener(name, handler);
  }, [element, name, handler]);
}

const component = (tag) =>
  function Kvitt({ onOpen, onLeave, onState, onPurchase, onTrouble, salesUnit, returnUrl, ref, ...rest }) {
    const element = useRef(null);
    useImperativeHandle(ref, () => element.current, []);
    useEvent(element, "kvitt-open", onOpen);
    useEvent(element, "kvitt-leave", onLeave);
    useEvent(element, "kvitt-state", onState);
    useEvent(element, "kvitt-purchase", onPurchase);
    useEvent(element, "kvitt-trouble", onTrouble);
    useLayoutEffect(register, []);
    return createElement(tag, { ...rest, "sales-unit": salesUnit, "return-url": returnUrl, ref: element });
  };

/** `<kvitt-checkout>` */
export const KvittCheckout = component("kvitt-checkout");
/** `<kvitt-confirmation>` */
export const KvittConfirmation = component("kvitt-confirmation");
