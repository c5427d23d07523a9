//! Detector of international bank account numbers.

use super::Site;

/// Countries, and the format after the first four characters: `n` digits, `a` capitals, `c` either, each with
/// its count. Source: SWIFT, IBAN Registry, release 99
/// (<https://www.swift.com/standards/data-standards/iban-international-bank-account-number>).
const COUNTRIES: &[(&str, &str)] = &[
    ("AD", "8n12c"),
    ("AE", "19n"),
    ("AL", "8n16c"),
    ("AT", "16n"),
    ("AZ", "4a20c"),
    ("BA", "16n"),
    ("BE", "12n"),
    ("BG", "4a6n8c"),
    ("BH", "4a14c"),
    ("BI", "23n"),
    ("BR", "23n1a1c"),
    ("BY", "4c4n16c"),
    ("CH", "5n12c"),
    ("CR", "18n"),
    ("CY", "8n16c"),
    ("CZ", "20n"),
    ("DE", "18n"),
    ("DJ", "23n"),
    ("DK", "14n"),
    ("DO", "4c20n"),
    ("EE", "16n"),
    ("EG", "25n"),
    ("ES", "20n"),
    ("FI", "14n"),
    ("FK", "2a12n"),
    ("FO", "14n"),
    ("FR", "10n11c2n"),
    ("GB", "4a14n"),
    ("GE", "2a16n"),
    ("GI", "4a15c"),
    ("GL", "14n"),
    ("GR", "7n16c"),
    ("GT", "4c20c"),
    ("HN", "4a20n"),
    ("HR", "17n"),
    ("HU", "24n"),
    ("IE", "4a14n"),
    ("IL", "19n"),
    ("IQ", "4a15n"),
    ("IS", "22n"),
    ("IT", "1a10n12c"),
    ("JO", "4a4n18c"),
    ("KW", "4a22c"),
    ("KZ", "3n13c"),
    ("LB", "4n20c"),
    ("LC", "4a24c"),
    ("LI", "5n12c"),
    ("LT", "16n"),
    ("LU", "3n13c"),
    ("LV", "4a13c"),
    ("LY", "21n"),
    ("MC", "10n11c2n"),
    ("MD", "20c"),
    ("ME", "18n"),
    ("MK", "3n10c2n"),
    ("MN", "16n"),
    ("MR", "23n"),
    ("MT", "4a5n18c"),
    ("MU", "4a19n3a"),
    ("NI", "4a20n"),
    ("NL", "4a10n"),
    ("NO", "11n"),
    ("OM", "3n16c"),
    ("PK", "4a16c"),
    ("PL", "24n"),
    ("PS", "4a21c"),
    ("PT", "21n"),
    ("QA", "4a21c"),
    ("RO", "4a16c"),
    ("RS", "18n"),
    ("RU", "14n15c"),
    ("SA", "2n18c"),
    ("SC", "4a20n3a"),
    ("SD", "14n"),
    ("SE", "20n"),
    ("SI", "15n"),
    ("SK", "20n"),
    ("SM", "1a10n12c"),
    ("SO", "19n"),
    ("ST", "21n"),
    ("SV", "4a20n"),
    ("TL", "19n"),
    ("TN", "20n"),
    ("TR", "6n16c"),
    ("UA", "6n19c"),
    ("VA", "18n"),
    ("VG", "4a16n"),
    ("XK", "16n"),
    ("YE", "4a4n18c"),
];

/// The class of each character after the first four.
fn classes(form: &str) -> impl Iterator<Item = u8> + '_ {
    let mut count = 0_usize;
    form.bytes()
        .filter_map(move |byte| {
            if byte.is_ascii_digit() {
                count = count * 10 + usize::from(byte - b'0');
                return None;
            }
            Some((byte, std::mem::take(&mut count)))
        })
        .flat_map(|(class, count)| std::iter::repeat_n(class, count))
}

fn is_of(class: u8, letter: u8) -> bool {
    match class {
        b'n' => letter.is_ascii_digit(),
        b'a' => letter.is_ascii_alphabetic(),
        _ => letter.is_ascii_alphanumeric(),
    }
}

/// Whether the check digits are correct (ISO 7064, MOD 97-10). The account has letters and digits only.
fn is_checked(account: &[u8]) -> bool {
    let Some((head, rest)) = account.split_at_checked(4) else { return false };
    let value = |letter: u8| {
        let letter = letter.to_ascii_uppercase();
        if letter.is_ascii_digit() { u32::from(letter - b'0') } else { u32::from(letter - b'A') + 10 }
    };
    let step = |sum: u32, letter: &u8| {
        let value = value(*letter);
        (sum * if value > 9 { 100 } else { 10 } + value) % 97
    };
    rest.iter().chain(head).fold(0, step) == 1
}

/// Recognises an account number and its end. The length depends on the country, so the following words are
/// not included.
pub(super) fn judge(site: &Site<'_>) -> Option<(usize, usize)> {
    let country = site.found().get(..2)?.to_ascii_uppercase();
    let (_, form) = COUNTRIES.iter().find(|(known, _)| *known == country)?;
    let wanted = 4 + classes(form).count();
    let letters = site.found().bytes().enumerate().filter(|(_, byte)| byte.is_ascii_alphanumeric());
    let (places, account): (Vec<usize>, Vec<u8>) = letters.take(wanted).unzip();
    let end = site.start + places.last()? + 1;
    let fits = account.len() == wanted
        && classes(form).zip(account.get(4..)?).all(|(class, letter)| is_of(class, *letter))
        && is_checked(&account);
    let part = Site::new(site.text, (site.start, end), site.name);
    let joins = part.after().chars().next().is_some_and(char::is_alphanumeric);
    (fits && !joins).then_some((site.start, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_of_the_registry_are_accounts_whatever_stands_around() {
        for account in [
            "DE89370400440532013000",
            "GB29NWBK60161331926819",
            "FR1420041010050500013M02606",
            "NL91ABNA0417164300",
            "CH9300762011623852957",
            "NO9386011117947",
            "MT84MALT011000012345MTLCAST001S",
            "BR1800360305000010009795493C1",
            "LC55HEMM000100010012001200023015",
            "SC18SSCB11010000000000001497USD",
            "ES9121000418450200051332",
            "IT60X0542811101000000123456",
            "PL61109010140000071219812874",
            "SA0380000000608010167519",
        ] {
            let grouped: Vec<&str> =
                (0..account.len()).step_by(4).map(|at| &account[at..account.len().min(at + 4)]).collect();
            for written in [account.to_owned(), grouped.join(" "), account.to_lowercase()] {
                let text = format!("{written} is mine");
                let site = Site::new(&text, (0, text.len()), "");
                assert_eq!(judge(&site), Some((0, written.len())), "{text}");
            }
            let wrong = account.replacen(|digit: char| digit.is_ascii_digit(), "9", 1).replacen("8", "7", 1);
            if wrong != account {
                let site = Site::new(&wrong, (0, wrong.len()), "");
                assert_eq!(judge(&site), None, "{wrong}");
            }
        }
    }
}
