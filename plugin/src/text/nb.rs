//! Norwegian bokmål. What is said where is in [`Word`](super::Word); gaps are explained in the parent module.

use super::Word;

pub(super) fn text(word: Word) -> &'static str {
    match word {
        Word::YourOrder => "Din bestilling",
        Word::Fetching => "Et øyeblikk …",
        Word::Total => "Totalt",
        Word::Vat => "herav mva. {0}",
        Word::TermsBefore => "Jeg godtar ",
        Word::TermsLink => "salgsvilkårene",
        Word::TermsNeeded => "Godta salgsvilkårene for å gå videre.",
        Word::ShareNumber => "Del telefonnummeret mitt med {0}",
        Word::ShareWhy => {
            "Valgfritt. Da kan {0} sende neste betalingskrav rett til {1} på telefonen din. {1} ber deg bekrefte."
        }
        Word::Back => "Tilbake",
        Word::Starting => "Gjør betalingen klar hos {0} …",
        Word::WaitHeading => "Fullfør betalingen i {0}",
        Word::WaitHow => "Åpne {0} på telefonen og godkjenn betalingen.",
        Word::WaitHere => "Denne siden oppdateres av seg selv når du har betalt.",
        Word::OpenApp => "Åpne {0}",
        Word::Cancel => "Avbryt betalingen",
        Word::NotCancelled => "Vi vet ikke om betalingen ble avbrutt. Sjekk nettforbindelsen og prøv igjen.",
        Word::Offline => "Ingen forbindelse akkurat nå. Vi fortsetter å prøve.",
        Word::MinutesLeft => "{0} minutter igjen til å betale",
        Word::MinuteLeft => "Ett minutt igjen til å betale",
        Word::SecondsLeft => "Under et halvt minutt igjen",
        Word::Thanks => "Takk for bestillingen",
        Word::Reserved => "{0} er reservert til {1} og trekkes når bestillingen sendes.",
        Word::Captured => "{0} er betalt til {1}.",
        Word::PartlyCaptured => "{0} er betalt til {1} så langt.",
        Word::Refunded => "{0} er refundert til deg.",
        Word::PartlyRefunded => "{0} av betalingen er refundert til deg.",
        Word::Released => "Reservasjonen er opphevet. Du betaler ingenting.",
        Word::Reference => "Referanse",
        Word::Date => "Dato",
        Word::PaidWith => "Betalt med",
        Word::Number => "Telefonnummer",
        Word::NumberEnding => "Delt, slutter på {0}",
        Word::NumberComing => "Delt, er på vei",
        Word::NumberKept => "Ikke delt",
        Word::Print => "Skriv ut",
        Word::Aborted => "Betalingen ble avbrutt",
        Word::AbortedWhat => "Du avviste i {0} eller gikk tilbake. Du har ikke betalt noe.",
        Word::AbortedShared => "Vil du ikke dele telefonnummeret, kan du betale uten. Du har ikke betalt noe til {0}.",
        Word::Expired => "Tiden gikk ut",
        Word::ExpiredWhat => "Betalingen ble ikke godkjent i tide. Du har ikke betalt noe, og kan prøve igjen.",
        Word::Terminated => "Betalingen er avbrutt",
        Word::TerminatedWhat => "Du har ikke betalt noe. Du kan betale når du er klar.",
        Word::Failed => "Betalingen kunne ikke startes",
        Word::FailedWhat => "{0} kunne ikke ta imot betalingen. Du har ikke betalt noe. Prøv igjen, eller kontakt {1}.",
        Word::PriceChanged => "Prisen er endret",
        Word::PriceChangedWhat => "Totalen er en annen enn siden viste. Du har ikke betalt noe.",
        Word::PriceShown => "Vist før",
        Word::PriceNow => "Ny total",
        Word::NotFound => "Vi finner ikke denne bestillingen",
        Word::NotFoundWhat => {
            "Lenken kan være for gammel eller ufullstendig. Har du betalt, finner du betalingen i appen."
        }
        Word::Unreachable => "Vi får ikke kontakt med butikken",
        Word::UnreachableWhat => "Sjekk nettforbindelsen og prøv igjen. Ingenting betales før du godkjenner i appen.",
        Word::Refused => "Denne bestillingen kan ikke betales her",
        Word::RefusedWhat => "Gå tilbake, last siden på nytt og prøv igjen, eller kontakt butikken.",
        Word::Code => "Kode: {0}",
        Word::Again => "Prøv igjen",
        Word::AgainUnshared => "Betal uten å dele nummeret",
        Word::Accept => "Fortsett med ny pris",
    }
}
