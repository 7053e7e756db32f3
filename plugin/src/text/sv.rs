//! Swedish. What is said where is in [`Word`](super::Word); gaps are explained in the parent module.

use super::Word;

pub(super) fn text(word: Word) -> &'static str {
    match word {
        Word::YourOrder => "Din beställning",
        Word::Fetching => "Ett ögonblick …",
        Word::Total => "Totalt",
        Word::Vat => "varav moms {0}",
        Word::TermsBefore => "Jag godkänner ",
        Word::TermsLink => "köpvillkoren",
        Word::TermsNeeded => "Godkänn köpvillkoren för att gå vidare.",
        Word::ShareNumber => "Dela mitt telefonnummer med {0}",
        Word::ShareWhy => {
            "Valfritt. Då kan {0} skicka nästa betalningsbegäran direkt till {1} i din telefon. {1} ber dig bekräfta."
        }
        Word::Back => "Tillbaka",
        Word::Starting => "Förbereder betalningen hos {0} …",
        Word::WaitHeading => "Slutför betalningen i {0}",
        Word::WaitHow => "Öppna {0} i telefonen och godkänn betalningen.",
        Word::WaitHere => "Den här sidan uppdateras automatiskt när du har betalat.",
        Word::OpenApp => "Öppna {0}",
        Word::Cancel => "Avbryt betalningen",
        Word::NotCancelled => "Vi vet inte om betalningen avbröts. Kontrollera nätanslutningen och försök igen.",
        Word::Offline => "Ingen anslutning just nu. Vi fortsätter att försöka.",
        Word::MinutesLeft => "{0} minuter kvar att betala",
        Word::MinuteLeft => "En minut kvar att betala",
        Word::SecondsLeft => "Mindre än en halv minut kvar",
        Word::Thanks => "Tack för din beställning",
        Word::Reserved => "{0} är reserverat för {1} och dras när beställningen skickas.",
        Word::Captured => "{0} är betalt till {1}.",
        Word::PartlyCaptured => "{0} är hittills betalt till {1}.",
        Word::Refunded => "{0} är återbetalt till dig.",
        Word::PartlyRefunded => "{0} av betalningen är återbetalt till dig.",
        Word::Released => "Reservationen är hävd. Du betalar ingenting.",
        Word::Reference => "Referens",
        Word::Date => "Datum",
        Word::PaidWith => "Betalt med",
        Word::Number => "Telefonnummer",
        Word::NumberEnding => "Delat, slutar på {0}",
        Word::NumberComing => "Delat, är på väg",
        Word::NumberKept => "Inte delat",
        Word::Print => "Skriv ut",
        Word::Aborted => "Betalningen avbröts",
        Word::AbortedWhat => "Du avböjde i {0} eller gick tillbaka. Du har inte betalat något.",
        Word::AbortedShared => {
            "Vill du inte dela ditt telefonnummer kan du betala utan. Du har inte betalat något till {0}."
        }
        Word::Expired => "Tiden gick ut",
        Word::ExpiredWhat => "Betalningen godkändes inte i tid. Du har inte betalat något och kan försöka igen.",
        Word::Terminated => "Betalningen är avbruten",
        Word::TerminatedWhat => "Du har inte betalat något. Du kan betala när du är redo.",
        Word::Failed => "Betalningen kunde inte startas",
        Word::FailedWhat => {
            "{0} kunde inte ta emot betalningen. Du har inte betalat något. Försök igen eller kontakta {1}."
        }
        Word::PriceChanged => "Priset har ändrats",
        Word::PriceChangedWhat => "Totalsumman är en annan än sidan visade. Du har inte betalat något.",
        Word::PriceShown => "Visades förut",
        Word::PriceNow => "Ny totalsumma",
        Word::NotFound => "Vi hittar inte den här beställningen",
        Word::NotFoundWhat => {
            "Länken kan vara för gammal eller ofullständig. Har du betalat finns betalningen i appen."
        }
        Word::Unreachable => "Vi får inte kontakt med butiken",
        Word::UnreachableWhat => {
            "Kontrollera nätanslutningen och försök igen. Inget betalas förrän du godkänner i appen."
        }
        Word::Refused => "Den här beställningen kan inte betalas här",
        Word::RefusedWhat => "Gå tillbaka, ladda om sidan och försök igen eller kontakta butiken.",
        Word::Code => "Kod: {0}",
        Word::Again => "Försök igen",
        Word::AgainUnshared => "Betala utan att dela numret",
        Word::Accept => "Fortsätt med det nya priset",
    }
}
