//! The texts of the proxy's own pages in the five languages, and how each language writes an amount.

use kvitt_wire::{Currency, Language, Quantity, Unit};

use crate::checkout::Moment;

/// The texts of one language.
pub(super) struct Text {
    pub(super) waiting: &'static str,
    pub(super) waiting_lead: &'static str,
    pub(super) thanks: &'static str,
    pub(super) thanks_lead: &'static str,
    pub(super) aborted: &'static str,
    pub(super) expired: &'static str,
    pub(super) terminated: &'static str,
    pub(super) failed: &'static str,
    pub(super) nothing_drawn: &'static str,
    pub(super) reference: &'static str,
    pub(super) shared: &'static str,
    pub(super) number_ending: &'static str,
    pub(super) open_app: &'static str,
    pub(super) back: &'static str,
    pub(super) order: &'static str,
    pub(super) article: &'static str,
    pub(super) amount: &'static str,
    pub(super) paid_otherwise: &'static str,
    pub(super) total: &'static str,
    pub(super) vat: &'static str,
    pub(super) to_pay: &'static str,
    pub(super) pay_vipps: &'static str,
    pub(super) pay_mobilepay: &'static str,
    /// With the time.
    pub(super) pay_by: &'static str,
    /// Before the link to the terms.
    pub(super) terms: &'static str,
    pub(super) terms_link: &'static str,
    pub(super) terms_needed: &'static str,
    pub(super) again: &'static str,
    /// The order's time is over.
    pub(super) ended: &'static str,
    pub(super) ended_lead: &'static str,
    pub(super) not_found: &'static str,
    pub(super) not_found_lead: &'static str,
    pub(super) cookies: &'static str,
    pub(super) cookies_lead: &'static str,
    pub(super) busy: &'static str,
    pub(super) busy_lead: &'static str,
    pub(super) price_changed: &'static str,
    pub(super) price_changed_lead: &'static str,
    pub(super) new_total: &'static str,
    /// The cart that the shop has signed is too old.
    pub(super) stale: &'static str,
    pub(super) stale_lead: &'static str,
    pub(super) refused: &'static str,
    pub(super) refused_lead: &'static str,
    pub(super) nothing_paid: &'static str,
    /// Before a problem's code.
    pub(super) code: &'static str,
    /// The format of a day and time.
    time: &'static str,
    /// The separators of thousands and of decimals.
    separators: (char, char),
    /// The symbol of the krone after an amount; `None` writes the currency's code before it.
    krone: Option<&'static str>,
}

impl Text {
    pub(super) const fn of(language: Language) -> Self {
        match language {
            Language::Nb => NB,
            Language::Da => DA,
            Language::Fi => FI,
            Language::Sv => SV,
            Language::En => EN,
        }
    }
}

const EN: Text = Text {
    waiting: "Waiting for your approval",
    waiting_lead: "Approve the payment in the app. This page follows by itself.",
    thanks: "Thank you for your order",
    thanks_lead: "The amount is reserved. It is drawn when your order is sent.",
    aborted: "The payment was not approved",
    expired: "The payment ran out of time",
    terminated: "The payment was cancelled",
    failed: "The payment could not be started",
    nothing_drawn: "No money has been drawn. You can go back to the shop and try again.",
    reference: "Reference",
    shared: "Shared with the shop",
    number_ending: "Phone number ending in",
    open_app: "Continue to the payment",
    back: "Back to the shop",
    order: "Your order",
    article: "Article",
    amount: "Amount",
    paid_otherwise: "Gift card or other means",
    total: "Total",
    vat: "of which VAT",
    to_pay: "To pay",
    pay_vipps: "Pay with Vipps",
    pay_mobilepay: "Pay with MobilePay",
    pay_by: "To be paid by {0}.",
    terms: "I accept the",
    terms_link: "terms of sale",
    terms_needed: "Accept the terms of sale to go on.",
    again: "The last attempt was not completed. No money has been drawn.",
    ended: "This order can no longer be paid",
    ended_lead: "Its time is over, or the shop has withdrawn it. You can order again in the shop, at today's prices.",
    not_found: "There is nothing at this address",
    not_found_lead: "The link may be incomplete or too old. If you have paid, the payment is listed in the app.",
    cookies: "Your browser sent too many cookies",
    cookies_lead: "Delete the cookies of this address in your browser's settings, and load the page again. \
        If you have paid, the payment is listed in the app.",
    busy: "The shop cannot answer just now",
    busy_lead: "Wait a moment and try again. Nothing is paid until you approve it in the app.",
    price_changed: "The price has changed",
    price_changed_lead: "The total is not what the page showed. Go back to the shop, reload the page and try again.",
    new_total: "New total",
    stale: "The page was open for too long",
    stale_lead: "Its prices are no longer valid. Go back to the shop, reload the page and try again.",
    refused: "This order cannot be paid here",
    refused_lead: "Go back to the shop, reload the page and try again, or contact the shop.",
    nothing_paid: "You have not paid anything.",
    code: "Code",
    time: "%-d %B %Y at %H:%M",
    separators: (',', '.'),
    krone: None,
};

const NB: Text = Text {
    waiting: "Venter på at du godkjenner",
    waiting_lead: "Godkjenn betalingen i appen. Denne siden følger med av seg selv.",
    thanks: "Takk for bestillingen",
    thanks_lead: "Beløpet er reservert. Det trekkes når bestillingen sendes.",
    aborted: "Betalingen ble ikke godkjent",
    expired: "Tiden for betalingen gikk ut",
    terminated: "Betalingen ble avbrutt",
    failed: "Betalingen kunne ikke startes",
    nothing_drawn: "Ingen penger er trukket. Du kan gå tilbake til butikken og prøve igjen.",
    reference: "Referanse",
    shared: "Delt med butikken",
    number_ending: "Telefonnummer som slutter på",
    open_app: "Fortsett til betalingen",
    back: "Tilbake til butikken",
    order: "Bestillingen din",
    article: "Vare",
    amount: "Beløp",
    paid_otherwise: "Gavekort eller annen betaling",
    total: "Totalt",
    vat: "herav mva.",
    to_pay: "Å betale",
    pay_vipps: "Betal med Vipps",
    pay_mobilepay: "Betal med MobilePay",
    pay_by: "Betales innen {0}.",
    terms: "Jeg godtar",
    terms_link: "salgsvilkårene",
    terms_needed: "Godta salgsvilkårene for å gå videre.",
    again: "Det siste forsøket ble ikke fullført. Ingen penger er trukket.",
    ended: "Denne bestillingen kan ikke betales lenger",
    ended_lead: "Tiden er ute, eller butikken har trukket den tilbake. Du kan bestille på nytt i butikken, til dagens priser.",
    not_found: "Denne siden finnes ikke",
    not_found_lead: "Lenken kan være ufullstendig eller for gammel. Har du betalt, finner du betalingen i appen.",
    cookies: "Nettleseren sendte for mange informasjonskapsler",
    cookies_lead: "Slett informasjonskapslene for denne adressen i nettleserens innstillinger, og last siden på nytt. \
        Har du betalt, finner du betalingen i appen.",
    busy: "Butikken kan ikke svare akkurat nå",
    busy_lead: "Vent litt, og prøv igjen. Ingenting betales før du godkjenner i appen.",
    price_changed: "Prisen er endret",
    price_changed_lead: "Totalen er en annen enn siden viste. Gå tilbake til butikken, last siden på nytt og prøv igjen.",
    new_total: "Ny total",
    stale: "Siden har stått åpen for lenge",
    stale_lead: "Prisene på den gjelder ikke lenger. Gå tilbake til butikken, last siden på nytt og prøv igjen.",
    refused: "Denne bestillingen kan ikke betales her",
    refused_lead: "Gå tilbake til butikken, last siden på nytt og prøv igjen, eller kontakt butikken.",
    nothing_paid: "Du har ikke betalt noe.",
    code: "Kode",
    time: "%-d.%-m.%Y kl. %H:%M",
    separators: ('\u{a0}', ','),
    krone: Some("kr"),
};

const DA: Text = Text {
    waiting: "Venter på din godkendelse",
    waiting_lead: "Godkend betalingen i appen. Siden følger selv med.",
    thanks: "Tak for din ordre",
    thanks_lead: "Beløbet er reserveret. Det trækkes, når ordren sendes.",
    aborted: "Betalingen blev ikke godkendt",
    expired: "Tiden til betalingen udløb",
    terminated: "Betalingen blev annulleret",
    failed: "Betalingen kunne ikke startes",
    nothing_drawn: "Der er ikke trukket penge. Du kan gå tilbage til butikken og prøve igen.",
    reference: "Reference",
    shared: "Delt med butikken",
    number_ending: "Telefonnummer, der ender på",
    open_app: "Fortsæt til betalingen",
    back: "Tilbage til butikken",
    order: "Din ordre",
    article: "Vare",
    amount: "Beløb",
    paid_otherwise: "Gavekort eller anden betaling",
    total: "I alt",
    vat: "heraf moms",
    to_pay: "At betale",
    pay_vipps: "Betal med Vipps",
    pay_mobilepay: "Betal med MobilePay",
    pay_by: "Betales senest {0}.",
    terms: "Jeg accepterer",
    terms_link: "handelsbetingelserne",
    terms_needed: "Accepter handelsbetingelserne for at gå videre.",
    again: "Det seneste forsøg blev ikke gennemført. Der er ikke trukket penge.",
    ended: "Denne ordre kan ikke længere betales",
    ended_lead: "Tiden er udløbet, eller butikken har trukket den tilbage. Du kan bestille igen i butikken til dagens priser.",
    not_found: "Siden findes ikke",
    not_found_lead: "Linket kan være ufuldstændigt eller for gammelt. Har du betalt, kan du se betalingen i appen.",
    cookies: "Browseren sendte for mange cookies",
    cookies_lead: "Slet cookies for denne adresse i browserens indstillinger, og genindlæs siden. \
        Har du betalt, kan du se betalingen i appen.",
    busy: "Butikken kan ikke svare lige nu",
    busy_lead: "Vent lidt, og prøv igen. Intet betales, før du godkender i appen.",
    price_changed: "Prisen er ændret",
    price_changed_lead: "Totalen er en anden, end siden viste. Gå tilbage til butikken, genindlæs siden, og prøv igen.",
    new_total: "Ny total",
    stale: "Siden har været åben for længe",
    stale_lead: "Priserne på den gælder ikke længere. Gå tilbage til butikken, genindlæs siden, og prøv igen.",
    refused: "Denne ordre kan ikke betales her",
    refused_lead: "Gå tilbage til butikken, genindlæs siden, og prøv igen, eller kontakt butikken.",
    nothing_paid: "Du har ikke betalt noget.",
    code: "Kode",
    time: "%-d.%-m.%Y kl. %H.%M",
    separators: ('.', ','),
    krone: Some("kr."),
};

const SV: Text = Text {
    waiting: "Väntar på att du godkänner",
    waiting_lead: "Godkänn betalningen i appen. Sidan följer med av sig själv.",
    thanks: "Tack för din beställning",
    thanks_lead: "Beloppet är reserverat. Det dras när beställningen skickas.",
    aborted: "Betalningen godkändes inte",
    expired: "Tiden för betalningen gick ut",
    terminated: "Betalningen avbröts",
    failed: "Betalningen kunde inte startas",
    nothing_drawn: "Inga pengar har dragits. Du kan gå tillbaka till butiken och försöka igen.",
    reference: "Referens",
    shared: "Delat med butiken",
    number_ending: "Telefonnummer som slutar på",
    open_app: "Fortsätt till betalningen",
    back: "Tillbaka till butiken",
    order: "Din beställning",
    article: "Vara",
    amount: "Belopp",
    paid_otherwise: "Presentkort eller annan betalning",
    total: "Totalt",
    vat: "varav moms",
    to_pay: "Att betala",
    pay_vipps: "Betala med Vipps",
    pay_mobilepay: "Betala med MobilePay",
    pay_by: "Betalas senast {0}.",
    terms: "Jag godkänner",
    terms_link: "köpvillkoren",
    terms_needed: "Godkänn köpvillkoren för att gå vidare.",
    again: "Det senaste försöket slutfördes inte. Inga pengar har dragits.",
    ended: "Den här beställningen kan inte längre betalas",
    ended_lead: "Tiden har gått ut, eller så har butiken dragit tillbaka den. Du kan beställa igen i butiken till dagens priser.",
    not_found: "Sidan finns inte",
    not_found_lead: "Länken kan vara ofullständig eller för gammal. Har du betalat finns betalningen i appen.",
    cookies: "Webbläsaren skickade för många kakor",
    cookies_lead: "Ta bort kakorna för den här adressen i webbläsarens inställningar och ladda om sidan. \
        Har du betalat finns betalningen i appen.",
    busy: "Butiken kan inte svara just nu",
    busy_lead: "Vänta en stund och försök igen. Inget betalas förrän du godkänner i appen.",
    price_changed: "Priset har ändrats",
    price_changed_lead: "Totalsumman är en annan än sidan visade. Gå tillbaka till butiken, ladda om sidan och försök igen.",
    new_total: "Ny totalsumma",
    stale: "Sidan har varit öppen för länge",
    stale_lead: "Priserna på den gäller inte längre. Gå tillbaka till butiken, ladda om sidan och försök igen.",
    refused: "Den här beställningen kan inte betalas här",
    refused_lead: "Gå tillbaka till butiken, ladda om sidan och försök igen eller kontakta butiken.",
    nothing_paid: "Du har inte betalat något.",
    code: "Kod",
    time: "%Y-%m-%d kl. %H:%M",
    separators: ('\u{a0}', ','),
    krone: Some("kr"),
};

const FI: Text = Text {
    waiting: "Odotetaan hyväksyntääsi",
    waiting_lead: "Hyväksy maksu sovelluksessa. Sivu päivittyy itsestään.",
    thanks: "Kiitos tilauksestasi",
    thanks_lead: "Summa on varattu. Se veloitetaan, kun tilaus lähetetään.",
    aborted: "Maksua ei hyväksytty",
    expired: "Maksun aika päättyi",
    terminated: "Maksu peruttiin",
    failed: "Maksua ei voitu aloittaa",
    nothing_drawn: "Rahaa ei ole veloitettu. Voit palata kauppaan ja yrittää uudelleen.",
    reference: "Viite",
    shared: "Jaettu kaupan kanssa",
    number_ending: "Puhelinnumero, jonka loppu on",
    open_app: "Jatka maksamaan",
    back: "Takaisin kauppaan",
    order: "Tilauksesi",
    article: "Tuote",
    amount: "Summa",
    paid_otherwise: "Lahjakortti tai muu maksu",
    total: "Yhteensä",
    vat: "josta alv",
    to_pay: "Maksettavaa",
    pay_vipps: "Maksa Vippsillä",
    pay_mobilepay: "Maksa MobilePaylla",
    pay_by: "Maksettava viimeistään {0}.",
    terms: "Hyväksyn",
    terms_link: "myyntiehdot",
    terms_needed: "Hyväksy myyntiehdot jatkaaksesi.",
    again: "Viimeisin yritys jäi kesken. Rahaa ei ole veloitettu.",
    ended: "Tätä tilausta ei voi enää maksaa",
    ended_lead: "Aika on päättynyt, tai kauppa on perunut tilauksen. Voit tilata kaupassa uudelleen nykyisin hinnoin.",
    not_found: "Sivua ei löydy",
    not_found_lead: "Linkki voi olla vajaa tai vanhentunut. Jos olet maksanut, maksu näkyy sovelluksessa.",
    cookies: "Selain lähetti liian monta evästettä",
    cookies_lead: "Poista tämän osoitteen evästeet selaimen asetuksista ja lataa sivu uudelleen. \
        Jos olet maksanut, maksu näkyy sovelluksessa.",
    busy: "Kauppa ei voi vastata juuri nyt",
    busy_lead: "Odota hetki ja yritä uudelleen. Mitään ei makseta, ennen kuin hyväksyt maksun sovelluksessa.",
    price_changed: "Hinta on muuttunut",
    price_changed_lead: "Loppusumma poikkeaa sivulla näkyneestä. Palaa kauppaan, lataa sivu uudelleen ja yritä taas.",
    new_total: "Uusi loppusumma",
    stale: "Sivu on ollut auki liian kauan",
    stale_lead: "Sen hinnat eivät ole enää voimassa. Palaa kauppaan, lataa sivu uudelleen ja yritä taas.",
    refused: "Tätä tilausta ei voi maksaa täällä",
    refused_lead: "Palaa kauppaan, lataa sivu uudelleen ja yritä taas tai ota yhteyttä kauppaan.",
    nothing_paid: "Et ole maksanut mitään.",
    code: "Koodi",
    time: "%-d.%-m.%Y klo %-H.%M",
    separators: ('\u{a0}', ','),
    krone: Some("kr"),
};

/// A text with its placeholders, `{0}` and `{1}`, replaced.
pub(super) fn fill(text: &str, values: &[&str]) -> String {
    values.iter().enumerate().fold(text.to_owned(), |text, (nth, value)| text.replace(&format!("{{{nth}}}"), value))
}

/// A moment's day and time as the language writes them, to the minute that has begun, on the clocks of the market that has this currency.
pub(super) fn time(moment: Moment, currency: Currency, text: &Text) -> String {
    // The rule of the European Union for summer time, in the notation of POSIX.
    let clocks = match currency {
        Currency::Nok | Currency::Dkk => "CET-1CEST,M3.5.0,M10.5.0/3",
        Currency::Eur => "EET-2EEST,M3.5.0/3,M10.5.0/4",
    };
    let zone = jiff::tz::TimeZone::posix(clocks).expect("both are of that notation");
    let zoned = jiff::Timestamp::from_millisecond(moment.0).map(|at| at.to_zoned(zone));
    zoned.map_or_else(|_| String::new(), |zoned| zoned.strftime(text.time).to_string())
}

/// An amount of minor units as the language writes it: `1 234,50 kr`, `€1,234.50`.
pub(super) fn amount(value: i64, currency: Currency, text: &Text) -> String {
    let (thousands, decimal) = text.separators;
    let whole = (value.unsigned_abs() / 100).to_string();
    let sign = if value < 0 { "−" } else { "" };
    let mut number = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            number.push(thousands);
        }
        number.push(digit);
    }
    number.push(decimal);
    number.push_str(&format!("{:02}", value.unsigned_abs() % 100));
    match (text.krone, currency) {
        (Some(krone), Currency::Nok | Currency::Dkk) => format!("{sign}{number}\u{a0}{krone}"),
        (Some(_), Currency::Eur) => format!("{sign}{number}\u{a0}€"),
        (None, Currency::Eur) => format!("{sign}€{number}"),
        (None, _) => format!("{}\u{a0}{sign}{number}", currency.code()),
    }
}

/// A quantity with its unit as the language writes it: `2`, `1,25 kg`.
pub(super) fn quantity(quantity: Quantity, unit: Option<Unit>, text: &Text) -> String {
    let (_, decimal) = text.separators;
    let number = quantity.to_string().replace('.', &decimal.to_string());
    unit.map_or(number.clone(), |unit| format!("{number}\u{a0}{}", unit.symbol()))
}

/// A rate in hundredths of a percent as the language writes it: `25 %`, `25,5 %`, `25%`.
pub(super) fn percent(rate: u32, text: &Text) -> String {
    let (_, decimal) = text.separators;
    let gap = if text.krone.is_some() { "\u{a0}" } else { "" };
    match (rate / 100, rate % 100) {
        (whole, 0) => format!("{whole}{gap}%"),
        (whole, rest) if rest % 10 == 0 => format!("{whole}{decimal}{}{gap}%", rest / 10),
        (whole, rest) => format!("{whole}{decimal}{rest:02}{gap}%"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_as_each_language_does() {
        for (language, currency, value, expected) in [
            (Language::Nb, Currency::Nok, 123_450, "1\u{a0}234,50\u{a0}kr"),
            (Language::Da, Currency::Dkk, 123_456_705, "1.234.567,05\u{a0}kr."),
            (Language::Fi, Currency::Eur, 5_870, "58,70\u{a0}€"),
            (Language::En, Currency::Eur, 100, "€1.00"),
            (Language::En, Currency::Nok, 100_000, "NOK\u{a0}1,000.00"),
            (Language::Sv, Currency::Nok, 5, "0,05\u{a0}kr"),
            (Language::Nb, Currency::Nok, -50, "−0,50\u{a0}kr"),
            (Language::En, Currency::Eur, -123_456, "−€1,234.56"),
        ] {
            assert_eq!(amount(value, currency, &Text::of(language)), expected);
        }
    }

    #[test]
    fn times_are_those_of_the_market_as_each_language_writes_them() {
        let winter = Moment(1_801_436_399_000); // 2027-01-31T22:59:59Z
        let summer = Moment(1_814_000_700_000); // 2027-06-26T09:05:00Z
        for (at, language, currency, expected) in [
            (winter, Language::Nb, Currency::Nok, "31.1.2027 kl. 23:59"),
            (winter, Language::Da, Currency::Dkk, "31.1.2027 kl. 23.59"),
            (winter, Language::Sv, Currency::Eur, "2027-02-01 kl. 00:59"),
            (summer, Language::En, Currency::Nok, "26 June 2027 at 11:05"),
            (summer, Language::Fi, Currency::Eur, "26.6.2027 klo 12.05"),
        ] {
            assert_eq!(time(at, currency, &Text::of(language)), expected);
        }
    }

    #[test]
    fn quantities_have_the_decimals_of_the_language() {
        let of = |text: &str| text.parse::<Quantity>().unwrap();
        assert_eq!(quantity(of("1.25"), Some(Unit::Kg), &Text::of(Language::Nb)), "1,25\u{a0}kg");
        assert_eq!(quantity(of("2"), None, &Text::of(Language::En)), "2");
    }

    #[test]
    fn rates_keep_their_decimals() {
        assert_eq!(percent(2500, &Text::of(Language::En)), "25%");
        assert_eq!(percent(2550, &Text::of(Language::Fi)), "25,5\u{a0}%");
        assert_eq!(percent(1234, &Text::of(Language::Nb)), "12,34\u{a0}%");
    }
}
