//! Danish. What is said where is in [`Word`](super::Word); gaps are explained in the parent module.

use super::Word;

pub(super) fn text(word: Word) -> &'static str {
    match word {
        Word::YourOrder => "Din bestilling",
        Word::Fetching => "Et øjeblik …",
        Word::Total => "I alt",
        Word::Vat => "heraf moms {0}",
        Word::TermsBefore => "Jeg accepterer ",
        Word::TermsLink => "handelsbetingelserne",
        Word::TermsNeeded => "Accepter handelsbetingelserne for at gå videre.",
        Word::ShareNumber => "Del mit telefonnummer med {0}",
        Word::ShareWhy => {
            "Valgfrit. Så kan {0} sende din næste betalingsanmodning direkte til {1} på din telefon. {1} beder dig bekræfte."
        }
        Word::Back => "Tilbage",
        Word::Starting => "Gør betalingen klar hos {0} …",
        Word::WaitHeading => "Gennemfør betalingen i {0}",
        Word::WaitHow => "Åbn {0} på din telefon, og godkend betalingen.",
        Word::WaitHere => "Denne side opdateres af sig selv, når du har betalt.",
        Word::OpenApp => "Åbn {0}",
        Word::Cancel => "Annuller betalingen",
        Word::NotCancelled => "Vi ved ikke, om betalingen blev annulleret. Tjek netforbindelsen, og prøv igen.",
        Word::Offline => "Ingen forbindelse lige nu. Vi bliver ved med at prøve.",
        Word::MinutesLeft => "{0} minutter tilbage til at betale",
        Word::MinuteLeft => "Et minut tilbage til at betale",
        Word::SecondsLeft => "Under et halvt minut tilbage",
        Word::Thanks => "Tak for din bestilling",
        Word::Reserved => "{0} er reserveret til {1} og trækkes, når bestillingen sendes.",
        Word::Captured => "{0} er betalt til {1}.",
        Word::PartlyCaptured => "{0} er betalt til {1} indtil videre.",
        Word::Refunded => "{0} er refunderet til dig.",
        Word::PartlyRefunded => "{0} af betalingen er refunderet til dig.",
        Word::Released => "Reservationen er ophævet. Du betaler intet.",
        Word::Reference => "Reference",
        Word::Date => "Dato",
        Word::PaidWith => "Betalt med",
        Word::Number => "Telefonnummer",
        Word::NumberEnding => "Delt, slutter på {0}",
        Word::NumberComing => "Delt, er på vej",
        Word::NumberKept => "Ikke delt",
        Word::Print => "Udskriv",
        Word::Aborted => "Betalingen blev afbrudt",
        Word::AbortedWhat => "Du afviste i {0} eller gik tilbage. Du har ikke betalt noget.",
        Word::AbortedShared => {
            "Vil du ikke dele dit telefonnummer, kan du betale uden. Du har ikke betalt noget til {0}."
        }
        Word::Expired => "Tiden løb ud",
        Word::ExpiredWhat => "Betalingen blev ikke godkendt i tide. Du har ikke betalt noget og kan prøve igen.",
        Word::Terminated => "Betalingen er annulleret",
        Word::TerminatedWhat => "Du har ikke betalt noget. Du kan betale, når du er klar.",
        Word::Failed => "Betalingen kunne ikke startes",
        Word::FailedWhat => {
            "{0} kunne ikke modtage betalingen. Du har ikke betalt noget. Prøv igen, eller kontakt {1}."
        }
        Word::PriceChanged => "Prisen er ændret",
        Word::PriceChangedWhat => "Totalen er en anden, end siden viste. Du har ikke betalt noget.",
        Word::PriceShown => "Vist før",
        Word::PriceNow => "Ny total",
        Word::NotFound => "Vi kan ikke finde denne bestilling",
        Word::NotFoundWhat => {
            "Linket kan være for gammelt eller ufuldstændigt. Har du betalt, kan du se betalingen i appen."
        }
        Word::Unreachable => "Vi kan ikke få kontakt til butikken",
        Word::UnreachableWhat => "Tjek netforbindelsen, og prøv igen. Intet betales, før du godkender i appen.",
        Word::Refused => "Denne bestilling kan ikke betales her",
        Word::RefusedWhat => "Gå tilbage, genindlæs siden og prøv igen, eller kontakt butikken.",
        Word::Code => "Kode: {0}",
        Word::Again => "Prøv igen",
        Word::AgainUnshared => "Betal uden at dele nummeret",
        Word::Accept => "Fortsæt med den nye pris",
    }
}
