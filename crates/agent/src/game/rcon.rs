//! A game's remote console: one connection that is kept.
//!
//! Minecraft takes what it reads at once for one packet and hangs up when it is more, so that a
//! command is alone on its way until its answer begins. An answer that may have further parts is
//! followed by a packet that asks for nothing: what comes before the answer to that belongs to it.

use std::io;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};

use super::packet::{AUTH_ANSWER, Kind, Packet, decode, encode};
use super::{Down, Ran, Seen};
use crate::config::{NoAnswer, PlayerList, RconSettings};
use crate::message::Player;
use crate::verdict::without_colours;

const CONNECT_TIME: Duration = Duration::from_secs(5);
/// Games split answers at 4096 bytes or characters, some of them with the frame counted in.
const MAY_GO_ON: usize = 3500;
/// How long to wait for the end of a long answer, whose beginning is there.
const REST_TIME: Duration = Duration::from_secs(2);
/// More of an answer is not kept.
const LONGEST_ANSWER: usize = 256 * 1024;

pub(crate) struct Rcon {
    settings: RconSettings,
    list: Option<PlayerList>,
    link: Option<Link>,
    last_id: i32,
}

struct Link {
    stream: TcpStream,
    read: BytesMut,
}

/// Why there is no answer.
#[derive(Debug)]
enum Lost {
    NotSent(String),
    Silent,
    Dropped(String),
}

impl Rcon {
    pub(super) fn new(settings: RconSettings, list: Option<PlayerList>) -> Self {
        Self {
            settings,
            list,
            link: None,
            last_id: 0,
        }
    }

    pub(super) fn watches(&self) -> bool {
        self.list.is_some()
    }

    pub(super) fn is_ready(&mut self) -> bool {
        self.link.as_mut().is_some_and(Link::is_alive)
    }

    pub(super) async fn ready(&mut self) -> Result<(), Down> {
        if self.is_ready() {
            return Ok(());
        }
        self.link = None;
        let address = &self.settings.address;
        let connected = timeout(CONNECT_TIME, self.connect()).await;
        let link = connected
            .unwrap_or_else(|_| Err(Down::new(format!("the game at {address} does not answer"))))?;
        self.link = Some(link);
        Ok(())
    }

    pub(super) async fn run(&mut self, command: &str) -> Ran {
        match self.ask(command).await {
            Ok(answer) => Ran::Answered(answer),
            Err(Lost::NotSent(reason)) => Ran::NotSent(reason),
            Err(Lost::Silent) => match self.settings.no_answer_means {
                NoAnswer::Completed => Ran::Answered(String::new()),
                NoAnswer::Interrupted => Ran::Unknown(format!(
                    "the game gave no answer within {} seconds",
                    self.settings.answer_seconds
                )),
            },
            Err(Lost::Dropped(reason)) => Ran::Unknown(format!(
                "the connection to the game ended before it answered ({reason})"
            )),
        }
    }

    pub(super) async fn look(&mut self) -> Result<Seen, Down> {
        let Some(list) = self.list.clone() else {
            return Ok(Seen::Nothing("no list command is set".to_owned()));
        };
        self.ready().await?;
        match self.ask(&list.command).await {
            Ok(answer) => Ok(listed(&list, &answer)),
            Err(Lost::NotSent(reason) | Lost::Dropped(reason)) => Err(Down::new(format!(
                "the game ended the connection ({reason})"
            ))),
            Err(Lost::Silent) => Err(Down::new("the game does not answer")),
        }
    }

    async fn connect(&self) -> Result<Link, Down> {
        let address = &self.settings.address;
        let no_connection = |cause: io::Error| Down::new(format!("no RCON at {address}: {cause}"));
        let stream = TcpStream::connect(address).await.map_err(no_connection)?;
        stream.set_nodelay(true).map_err(no_connection)?;
        let mut link = Link {
            stream,
            read: BytesMut::new(),
        };
        let (id, password) = (1, &self.settings.password.0);
        if let Err((_, cause)) = link.write(&encode(id, Kind::Auth, password)).await {
            return Err(no_connection(cause));
        }
        loop {
            let packet = link.next().await.map_err(no_connection)?;
            // Source games send an empty answer first.
            if packet.kind != AUTH_ANSWER {
                continue;
            }
            if packet.id == id {
                return Ok(link);
            }
            return Err(Down {
                reason: format!("the game at {address} refuses rcon.password"),
                // Games ban an address that tries too often.
                slow: true,
            });
        }
    }

    /// Sends one line and reads its answer. Without one the connection is not used again: the answer
    /// may still come, and would be taken for that of the next.
    async fn ask(&mut self, line: &str) -> Result<String, Lost> {
        let Some(mut link) = self.link.take() else {
            return Err(Lost::NotSent("there is no connection".to_owned()));
        };
        // 0 and -1 are used by games themselves.
        self.last_id = (self.last_id % 1_000_000) + 2;
        let end = Instant::now() + Duration::from_secs(self.settings.answer_seconds);
        let (answer, is_whole) = link.exchange(self.last_id, line, end).await?;
        if is_whole {
            self.link = Some(link);
        }
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }
}

impl Link {
    /// Whether the game has not hung up, as far as one can see.
    fn is_alive(&mut self) -> bool {
        loop {
            match self.stream.try_read_buf(&mut self.read) {
                Ok(0) => return false,
                // Some games tell what happens on them; nobody asked.
                Ok(_) => {
                    while let Ok(Some(_)) = decode(&mut self.read) {}
                    if self.read.len() > LONGEST_ANSWER {
                        return false;
                    }
                }
                Err(error) => return error.kind() == io::ErrorKind::WouldBlock,
            }
        }
    }

    /// The answer, and whether its end is known.
    async fn exchange(
        &mut self,
        id: i32,
        line: &str,
        end: Instant,
    ) -> Result<(Vec<u8>, bool), Lost> {
        let dropped = |cause: io::Error| Lost::Dropped(cause.to_string());
        let written = timeout_at(end, self.write(&encode(id, Kind::Command, line))).await;
        match written {
            Ok(Ok(())) => {}
            Ok(Err((0, cause))) => return Err(Lost::NotSent(cause.to_string())),
            Ok(Err((_, cause))) => return Err(dropped(cause)),
            Err(_) => return Err(Lost::Silent),
        }
        let first = loop {
            let packet = timeout_at(end, self.next()).await;
            let packet = packet.map_err(|_| Lost::Silent)?.map_err(dropped)?;
            if packet.id == id {
                break packet;
            }
        };
        let mut answer = first.text;
        if answer.len() < MAY_GO_ON {
            return Ok((answer, true));
        }
        let end = end.min(Instant::now() + REST_TIME);
        let is_whole = timeout_at(end, self.rest(id, &mut answer)).await;
        Ok((answer, matches!(is_whole, Ok(Ok(())))))
    }

    /// Reads further parts of an answer up to its end.
    async fn rest(&mut self, id: i32, answer: &mut Vec<u8>) -> io::Result<()> {
        let mark = id + 1;
        let asked = self.write(&encode(mark, Kind::Response, "")).await;
        asked.map_err(|(_, cause)| cause)?;
        loop {
            let packet = self.next().await?;
            if packet.id == mark {
                return Ok(());
            }
            if packet.id == id && answer.len() < LONGEST_ANSWER {
                answer.extend_from_slice(&packet.text);
            }
        }
    }

    async fn next(&mut self) -> io::Result<Packet> {
        loop {
            match decode(&mut self.read) {
                Ok(Some(packet)) => return Ok(packet),
                Ok(None) => {}
                Err(_) => return Err(io::Error::other("what answers is not RCON")),
            }
            if self.stream.read_buf(&mut self.read).await? == 0 {
                return Err(io::Error::other("the game hung up"));
            }
        }
    }

    /// Writes a packet; an error comes with how much of it has left.
    async fn write(&self, packet: &[u8]) -> Result<(), (usize, io::Error)> {
        let mut written = 0;
        while written < packet.len() {
            let ready = self.stream.writable().await;
            ready.map_err(|cause| (written, cause))?;
            match self.stream.try_write(&packet[written..]) {
                Ok(count) => written += count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err((written, error)),
            }
        }
        Ok(())
    }
}

/// The players that an answer lists: names between commas, each perhaps with a UUID in brackets.
fn listed(list: &PlayerList, answer: &str) -> Seen {
    let answer = without_colours(answer);
    let found = list.pattern.captures(&answer);
    let Some(names) = found.as_ref().and_then(|it| it.name("names")) else {
        return Seen::Nothing(format!(
            "the answer to '{}' does not fit players.list_pattern",
            list.command
        ));
    };
    let entries = names.as_str().split([',', '\n']);
    let players = entries.filter_map(|entry| {
        let entry = entry.trim();
        let (entry, uuid) = match entry.strip_suffix(')').and_then(|it| it.rsplit_once('(')) {
            Some((name, uuid)) => (name.trim(), Some(uuid.to_owned())),
            None => (entry, None),
        };
        // A team's name may stand in front.
        let username = entry.split_whitespace().last()?.to_owned();
        Some(Player { username, uuid })
    });
    Seen::Players(players.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::fixed;

    #[test]
    fn player_lists_are_read() {
        let list = PlayerList {
            command: "list".to_owned(),
            pattern: fixed(r"(?s)players online:\s*(?P<names>.*)$"),
        };
        for (answer, expected) in [
            ("There are 0 of a max of 20 players online: ", &[][..]),
            (
                "There are 2 of a max of 20 players online: Alex, [VIP] Steve",
                &["Alex", "Steve"],
            ),
            ("There are 1/20 players online:\nSteve", &["Steve"]),
            (
                "§6There are §c1§6 of a max of 20 players online: §fSteve (5627dd98-e6be-3c21-b8a8-e92344183641)",
                &["Steve"],
            ),
        ] {
            let Seen::Players(players) = listed(&list, answer) else {
                panic!("{answer}");
            };
            let names: Vec<_> = players.iter().map(|it| it.username.as_str()).collect();
            assert_eq!(names, expected, "{answer}");
        }
        assert!(matches!(listed(&list, "Unknown command"), Seen::Nothing(_)));
    }
}
