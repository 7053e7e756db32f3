import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { Cart } from "./Cart.jsx";
import { Thanks } from "./Thanks.jsx";

createRoot(document.querySelector("#shop")).render(
  <StrictMode>{location.pathname === "/thanks" ? <Thanks /> : <Cart />}</StrictMode>,
);
