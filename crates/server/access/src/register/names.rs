//! Names of users: rules and derived names.

use super::RegisterError;
use super::users::Issued;
use crate::secret::Hashed;

/// The maximum length of a name, in characters.
pub const LONGEST: usize = 64;
/// The base of a user's name if the issuer's name has no valid letter.
const ANYBODY: &str = "user";
/// Hexadecimal digits of the suffix for users of the same name. The longer form is for a short suffix that
/// was taken on purpose.
const SUFFIXES: [usize; 2] = [8, 32];

/// Returns a user's name in stored form.
///
/// # Errors
/// It is not 1 to 64 characters of letters, digits and `._@+-`, or does not begin with a letter or a digit.
pub fn user_name(text: &str) -> Result<String, RegisterError> {
    let name = text.to_ascii_lowercase();
    let begins = name.as_bytes().first().is_some_and(u8::is_ascii_alphanumeric);
    if begins && name.len() <= LONGEST && name.chars().all(may_stand) {
        return Ok(name);
    }
    Err(RegisterError::Bad(format!(
        "a user name needs 1 to {LONGEST} characters of letters, digits and ._@+-, and starts with a letter \
         or a digit"
    )))
}

fn may_stand(c: char) -> bool {
    c.is_ascii_alphanumeric() || "._@+-".contains(c)
}

/// Candidate names for a user of an issuer, the best first. The first candidate is the issuer's name if it is
/// valid. The others end with a suffix from issuer and subject. A name in use is never reassigned, because an
/// issuer must not be able to impersonate a user. Another person of the same name still has to get in.
pub fn of_issued(issued: &Issued) -> impl Iterator<Item = String> {
    let spelled: String = issued.name.chars().map(|c| if may_stand(c) { c } else { '-' }).collect();
    let spelled = spelled.trim_start_matches(|c: char| !c.is_ascii_alphanumeric()).to_ascii_lowercase();
    // No issuer URL contains a space, so two different pairs never give the same text.
    let hash = Hashed::of(&format!("{} {}", issued.issuer, issued.subject));
    let digits: String = hash.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    let own = user_name(&spelled).ok();
    let told_apart = SUFFIXES.map(|length| {
        let begin = spelled.get(..spelled.len().min(LONGEST - 1 - length)).unwrap_or_default();
        let begin = if begin.is_empty() { ANYBODY } else { begin };
        format!("{begin}-{}", digits.get(..length).unwrap_or_default())
    });
    own.into_iter().chain(told_apart)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::grant::Roles;

    fn issued(name: &str, subject: &str) -> Issued {
        let roles = Roles::default();
        Issued { issuer: "https://x".into(), subject: subject.into(), name: name.into(), roles }
    }

    fn names(name: &str, subject: &str) -> Vec<String> {
        of_issued(&issued(name, subject)).collect()
    }

    #[test]
    fn whoever_fits_is_called_as_the_issuer_says_and_others_nearly_so() {
        assert_eq!(names("Ada@Example.com", "1")[0], "ada@example.com");
        assert_eq!(names("Zoë Müller", "1")[0], "zo--m-ller");
        assert!(names("山田", "1")[0].starts_with("user-"));
        let long = format!("{}@example.com", "x".repeat(70));
        assert!(names(&long, "1")[0].starts_with("xxx") && names(&long, "1").len() == 2);
        assert_ne!(names("山田", "1")[0], names("山田", "2")[0]);
        assert_eq!(names("ada", "1"), names("ada", "1"));
    }

    proptest! {
        #[test]
        fn whatever_an_issuer_says_there_are_names_that_can_be(name in any::<String>(), subject in any::<String>()) {
            let all = names(&name, &subject);
            prop_assert!(all.len() >= SUFFIXES.len());
            for name in all {
                prop_assert_eq!(user_name(&name).unwrap(), name);
            }
        }
    }
}
