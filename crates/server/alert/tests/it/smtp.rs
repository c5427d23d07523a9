//! A mail server that stores every mail, for the channel `email`.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// The answer to the next recipient.
#[derive(Debug, Clone, Copy)]
pub enum Rcpt {
    /// Greylisting: try again later.
    Later,
    /// No such user.
    Never,
    /// No answer at all.
    Hang,
}

#[derive(Default)]
pub struct Mails {
    pub mails: Vec<String>,
    pub logins: Vec<String>,
    pub replies: VecDeque<Rcpt>,
}

pub struct MailServer {
    pub held: Arc<Mutex<Mails>>,
    pub port: u16,
}

impl MailServer {
    pub async fn start() -> Self {
        let held = Arc::<Mutex<Mails>>::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::clone(&held);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(talk(stream, Arc::clone(&shared)));
            }
        });
        Self { held, port }
    }

    pub fn mails(&self) -> Vec<String> {
        self.held.lock().unwrap().mails.clone()
    }
}

/// The commands of RFC 5321 that a client needs, and AUTH PLAIN of RFC 4954.
async fn talk(stream: TcpStream, held: Arc<Mutex<Mails>>) {
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 mail.test ESMTP\r\n").await.unwrap();
    let mut line = String::new();
    while stream.read_line(&mut line).await.unwrap_or(0) > 0 {
        let command = line.trim_end().to_owned();
        line.clear();
        let verb = command.split(' ').next().unwrap_or_default().to_uppercase();
        let answer = match verb.as_str() {
            "EHLO" => "250-mail.test\r\n250 AUTH PLAIN\r\n",
            "AUTH" => {
                held.lock().unwrap().logins.push(command);
                "235 welcome\r\n"
            }
            "RCPT" => {
                let reply = held.lock().unwrap().replies.pop_front();
                match reply {
                    None => "250 ok\r\n",
                    Some(Rcpt::Later) => "451 greylisted\r\n",
                    Some(Rcpt::Never) => "550 no such user\r\n",
                    Some(Rcpt::Hang) => std::future::pending().await,
                }
            }
            "DATA" => {
                stream.write_all(b"354 go on\r\n").await.unwrap();
                let mut mail = String::new();
                while stream.read_line(&mut line).await.unwrap_or(0) > 0 && line != ".\r\n" {
                    mail.push_str(&line);
                    line.clear();
                }
                line.clear();
                held.lock().unwrap().mails.push(mail);
                "250 stored\r\n"
            }
            "QUIT" => {
                let _ = stream.write_all(b"221 bye\r\n").await;
                return;
            }
            _ => "250 ok\r\n",
        };
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}
