/** The texts that are needed before the WebAssembly is loaded: the approved captions, and one sentence for a failed load. */
const pay = { nb: "Betal med ", da: "Betal med ", fi: "Maksa ", sv: "Betala med ", en: "Pay with " };
const loadErrors = {
  nb: "Betalingen kunne ikke åpnes. Sjekk nettforbindelsen og prøv igjen.",
  da: "Betalingen kunne ikke åbnes. Tjek netforbindelsen, og prøv igen.",
  fi: "Maksua ei voitu avata. Tarkista verkkoyhteys ja yritä uudelleen.",
  sv: "Betalningen kunde inte öppnas. Kontrollera nätanslutningen och försök igen.",
  en: "The payment could not be opened. Check your connection and try again.",
};

/** MobilePay becomes Vipps in Denmark and Finland with the first minute of 12 January 2027, Danish time. */
const RENAMED = Date.UTC(2027, 0, 11, 23);

/** @returns {"vipps" | "mobilepay"} what the customers of a market call the app; the proxy's answer replaces it */
export function brandOf(market, currency, now) {
  const mobilePay = market ? /^(dk|fi)$/i.test(market) : /^(dkk|eur)$/i.test(currency);
  return mobilePay && now < RENAMED ? "mobilepay" : "vipps";
}

/** @returns {"nb" | "da" | "fi" | "sv" | "en"} the language of a BCP 47 tag */
export function languageOf(tag) {
  const primary = (tag ?? "").toLowerCase().split(/[-_]/)[0];
  return /^n[on]$/.test(primary) ? "nb" : primary in pay ? primary : "en";
}

/** @returns {[string, string]} the button's caption: the verb, and the name as the language inflects it */
export function caption(language, brand) {
  const name = brand === "vipps" ? "Vipps" : "MobilePay";
  const inflected = language === "fi" ? name + (brand === "vipps" ? "illä" : "lla") : name;
  return [pay[language], inflected];
}

/** @returns {string} the message for a failed load */
export const loadFailed = (language) => loadErrors[language];
