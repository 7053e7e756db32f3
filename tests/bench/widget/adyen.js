/** The same button by Adyen's library: its core and the component that redirects. Nothing is sent to Adyen: its addresses are ours. */
import { AdyenCheckout, Redirect } from "@adyen/adyen-web";

const own = `${location.origin}/bench/adyen/`;
const checkout = await AdyenCheckout({
  environment: "test",
  _environmentUrls: { api: own, analytics: own, cdn: { images: own, translations: own } },
  clientKey: "bench",
  locale: "en-US",
  countryCode: "NO",
  amount: { currency: "NOK", value: 58_700 },
  paymentMethodsResponse: { paymentMethods: [{ type: "vipps", name: "Vipps" }] },
  analytics: { enabled: false },
  risk: { enabled: false },
  onSubmit() {},
});
new Redirect(checkout, { type: "vipps", name: "Vipps" }).mount("#checkout");
