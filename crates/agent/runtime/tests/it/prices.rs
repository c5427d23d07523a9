//! Tests of price books in a data folder.

use std::fs;
use std::sync::Arc;

use quipu_backend_memory::Memory;
use quipu_core::*;
use quipu_prices::Books;
use quipu_runtime::prices::{import, open, open_with};

use crate::house::{SOON, library, total};

const OWN: &str = "[[price]]\nprovider = \"house\"\nmodel = \"own\"\nusd = { input = 1, output = 2 }\n";

fn price(books: &Books, model: &str) -> Result<String, Unpriced> {
    let usage = Usage::of(1_000, 100);
    let request =
        PriceRequest { provider: Some("house"), ..PriceRequest::new(model, Timestamp::default(), &usage) };
    books.price(&request).map(|answer| answer.total.to_string())
}

#[test]
fn an_empty_folder_has_the_books_of_the_program() {
    let folder = tempfile::tempdir().unwrap();
    let (books, notes) = open(&folder.path().join("nowhere")).unwrap();
    assert!(notes.is_empty() && books.sources().len() == 2 && books.user().is_none());
    assert_eq!(price(&books, "own"), Err(Unpriced::UnknownModel));
}

#[test]
fn the_users_book_is_read_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("prices.toml"), OWN).unwrap();
    let (books, notes) = open(folder.path()).unwrap();
    assert_eq!((notes.len(), price(&books, "own")), (0, Ok("0.0012".to_owned())));
    let kept = folder.path().join(format!("prices/user-{}.toml", books.user().unwrap().version()));
    assert_eq!(fs::read_to_string(kept).unwrap(), OWN);
    // After a change, the old book still explains its prices.
    let usage = Usage::of(1_000, 100);
    let request =
        PriceRequest { provider: Some("house"), ..PriceRequest::new("own", Timestamp::default(), &usage) };
    let before = books.price(&request).unwrap();
    fs::write(folder.path().join("prices.toml"), OWN.replace("= 1,", "= 7,")).unwrap();
    let (books, _) = open(folder.path()).unwrap();
    assert_eq!(price(&books, "own"), Ok("0.0072".to_owned()));
    assert_eq!(books.explain(&request, &before.rule), Ok(before));
}

#[test]
fn a_bad_book_names_file_and_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.toml");
    assert_eq!(open_with(folder.path(), Some(&path)).unwrap_err().kind(), ErrorKind::NotFound);
    fs::write(&path, "\n[[price]]\nmodel = \"m\"\nusd = { input = \"x\" }\n").unwrap();
    let error = open_with(folder.path(), Some(&path)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.to_string().contains("mine.toml:4: input_tokens: \"x\" is not a number"), "{error}");
    // The library does not start with an invalid book.
    fs::rename(&path, folder.path().join("prices.toml")).unwrap();
    assert!(library().data_dir(folder.path()).init().is_err());
}

#[test]
fn an_imported_list_is_found_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = include_bytes!("../../../../count/prices/data/book.postcard");
    let path = import(folder.path(), file).unwrap();
    assert_eq!(path, import(folder.path(), file).unwrap());
    assert!(import(folder.path(), b"nothing").is_err());
    fs::write(folder.path().join("prices/broken.postcard"), "no").unwrap();
    let (books, notes) = open(folder.path()).unwrap();
    assert_eq!((books.sources().len(), notes.len()), (2, 1), "{notes:?}");
    assert!(notes[0].starts_with("broken.postcard is not used"), "{notes:?}");
}

#[tokio::test]
async fn calls_of_the_library_are_priced_by_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("prices.toml"), OWN).unwrap();
    let store = Arc::new(Memory::new());
    let quipu = library().data_dir(folder.path()).store(Arc::clone(&store) as _).init().unwrap();
    quipu.context().llm("house", "own").usage((1_000, 100)).end();
    quipu.flush_async(SOON).await.unwrap();
    assert_eq!(total(&(store as _)).await.cost, "0.0012".parse().ok());
}
