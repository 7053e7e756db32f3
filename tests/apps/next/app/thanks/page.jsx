"use client";

import { useState } from "react";
import { KvittConfirmation } from "kvitt/react";

export default function Thanks() {
  const [state, setState] = useState("");
  return (
    <>
      <KvittConfirmation proxy="https://pay.shop.example" language="en" onState={({ detail }) => setState(detail.state)} />
      <p>State: {state}</p>
    </>
  );
}
