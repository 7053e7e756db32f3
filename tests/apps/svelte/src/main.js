import "kvitt/define";
import { mount } from "svelte";

import Cart from "./Cart.svelte";
import Thanks from "./Thanks.svelte";

mount(location.pathname === "/thanks" ? Thanks : Cart, { target: document.querySelector("#shop") });
