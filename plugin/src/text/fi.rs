//! Finnish. What is said where is in [`Word`](super::Word); gaps are explained in the parent module.
//! The app's name and the shop's are kept out of places where Finnish would bend them.

use super::Word;

pub(super) fn text(word: Word) -> &'static str {
    match word {
        Word::YourOrder => "Tilauksesi",
        Word::Fetching => "Hetkinen …",
        Word::Total => "Yhteensä",
        Word::Vat => "sisältää alv:n {0}",
        Word::TermsBefore => "Hyväksyn ",
        Word::TermsLink => "myyntiehdot",
        Word::TermsNeeded => "Hyväksy myyntiehdot jatkaaksesi.",
        Word::ShareNumber => "Jaan puhelinnumeroni: {0}",
        Word::ShareWhy => {
            "Vapaaehtoinen. {0} voi lähettää seuraavan maksupyynnön suoraan puhelimesi {1}-sovellukseen. {1} pyytää sinua vahvistamaan tämän."
        }
        Word::Back => "Takaisin",
        Word::Starting => "Valmistellaan maksua: {0} …",
        Word::WaitHeading => "Viimeistele maksu {0}-sovelluksessa",
        Word::WaitHow => "Avaa {0} puhelimessasi ja hyväksy maksu.",
        Word::WaitHere => "Tämä sivu päivittyy itsestään, kun olet maksanut.",
        Word::OpenApp => "Avaa {0}",
        Word::Cancel => "Peruuta maksu",
        Word::NotCancelled => "Emme tiedä, peruutettiinko maksu. Tarkista verkkoyhteys ja yritä uudelleen.",
        Word::Offline => "Ei yhteyttä juuri nyt. Yritämme uudelleen.",
        Word::MinutesLeft => "{0} minuuttia aikaa maksaa",
        Word::MinuteLeft => "Minuutti aikaa maksaa",
        Word::SecondsLeft => "Alle puoli minuuttia jäljellä",
        Word::Thanks => "Kiitos tilauksestasi",
        Word::Reserved => "{0} on varattu, saaja {1}. Summa veloitetaan, kun tilaus lähetetään.",
        Word::Captured => "{0} on maksettu, saaja {1}.",
        Word::PartlyCaptured => "{0} on maksettu tähän mennessä, saaja {1}.",
        Word::Refunded => "{0} on palautettu sinulle.",
        Word::PartlyRefunded => "{0} maksusta on palautettu sinulle.",
        Word::Released => "Varaus on purettu. Et maksa mitään.",
        Word::Reference => "Viite",
        Word::Date => "Päivä",
        Word::PaidWith => "Maksutapa",
        Word::Number => "Puhelinnumero",
        Word::NumberEnding => "Jaettu, loppuu {0}",
        Word::NumberComing => "Jaettu, tulossa",
        Word::NumberKept => "Ei jaettu",
        Word::Print => "Tulosta",
        Word::Aborted => "Maksu keskeytettiin",
        Word::AbortedWhat => "Hylkäsit maksun {0}-sovelluksessa tai palasit takaisin. Et ole maksanut mitään.",
        Word::AbortedShared => {
            "Jos et halua jakaa puhelinnumeroasi, voit maksaa ilman sitä. Et ole maksanut mitään, saaja {0}."
        }
        Word::Expired => "Aika loppui",
        Word::ExpiredWhat => "Maksua ei hyväksytty ajoissa. Et ole maksanut mitään ja voit yrittää uudelleen.",
        Word::Terminated => "Maksu on peruutettu",
        Word::TerminatedWhat => "Et ole maksanut mitään. Voit maksaa, kun olet valmis.",
        Word::Failed => "Maksua ei voitu aloittaa",
        Word::FailedWhat => {
            "{0} ei voinut vastaanottaa maksua. Et ole maksanut mitään. Yritä uudelleen tai ota yhteyttä: {1}."
        }
        Word::PriceChanged => "Hinta on muuttunut",
        Word::PriceChangedWhat => "Loppusumma poikkeaa sivulla näkyneestä. Et ole maksanut mitään.",
        Word::PriceShown => "Aiemmin näytetty",
        Word::PriceNow => "Uusi loppusumma",
        Word::NotFound => "Tilausta ei löydy",
        Word::NotFoundWhat => "Linkki voi olla vanhentunut tai vajaa. Jos olet maksanut, maksu näkyy sovelluksessa.",
        Word::Unreachable => "Kauppaan ei saada yhteyttä",
        Word::UnreachableWhat => {
            "Tarkista verkkoyhteys ja yritä uudelleen. Mitään ei makseta, ennen kuin hyväksyt maksun sovelluksessa."
        }
        Word::Refused => "Tätä tilausta ei voi maksaa täällä",
        Word::RefusedWhat => "Palaa takaisin, lataa sivu uudelleen ja yritä taas tai ota yhteyttä kauppaan.",
        Word::Code => "Koodi: {0}",
        Word::Again => "Yritä uudelleen",
        Word::AgainUnshared => "Maksa jakamatta numeroa",
        Word::Accept => "Jatka uudella hinnalla",
    }
}
