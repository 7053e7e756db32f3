import "kvitt/define";
import { createApp } from "vue";

import Cart from "./Cart.vue";
import Thanks from "./Thanks.vue";

createApp(location.pathname === "/thanks" ? Thanks : Cart).mount("#shop");
