//! Bodies for chats: Slack, Discord and Microsoft Teams.
//!
//! Limits: <https://docs.slack.dev/reference/block-kit/blocks>,
//! <https://discord.com/developers/docs/resources/webhook>,
//! <https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/add-incoming-webhook>.

use serde_json::{Value, json};

use super::Message;
use crate::{Notice, NoticeStatus, Severity};

/// Characters of a Slack header.
const SLACK_HEADER: usize = 150;
/// Characters of a Slack section.
const SLACK_SECTION: usize = 3_000;
/// Characters of a Discord message.
const DISCORD_CONTENT: usize = 2_000;
/// Characters of the title of a Discord embed.
const DISCORD_TITLE: usize = 256;
/// Characters of the description of a Discord embed; all embeds together may have 6,000.
const DISCORD_EMBED: usize = 330;
/// Characters of one notice in an adaptive card; a card may have 28 KB.
const CARD_TEXT: usize = 700;

/// The first `most` characters, with an ellipsis if some are missing.
pub(super) fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

/// Keeps texts of senders from being links with a name of their own, as `[Sign in](https://…)` in Markdown.
/// Templates of the config may have such links.
pub(super) fn without_links(notice: &mut Notice) {
    for text in notice.group.values_mut().chain([&mut notice.look]) {
        *text = text.replace("](", "]\\(");
    }
}

const fn is_end(notice: &Notice) -> bool {
    notice.status.is_end()
}

const fn colour(notice: &Notice) -> u32 {
    match (is_end(notice), notice.severity) {
        (true, _) => 0x2e_a0_43,
        (_, Severity::Critical) => 0xd1_24_2f,
        (_, Severity::Warning) => 0xd2_99_22,
        (_, Severity::Info) => 0x09_69_da,
    }
}

/// A message of Slack's Block Kit: a header, and a section for each notice.
pub(super) fn slack(message: Message<'_>) -> Value {
    // Slack reads these three as markup.
    let escaped = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let title = cut(&message.title(), SLACK_HEADER);
    let mut blocks = vec![json!({"type": "header", "text": {"type": "plain_text", "text": title}})];
    for notice in message.notices {
        let lines = notice.lines().join("\n");
        let text = cut(&format!("*{}*\n{}", escaped(&notice.title()), escaped(&lines)), SLACK_SECTION);
        blocks.push(json!({"type": "section", "text": {"type": "mrkdwn", "text": text}}));
    }
    if let Some(rest) = message.rest() {
        blocks.push(json!({"type": "context", "elements": [{"type": "mrkdwn", "text": rest}]}));
    }
    json!({"text": escaped(&title), "blocks": blocks})
}

/// A message of Discord: an embed for each notice.
pub(super) fn discord(message: Message<'_>) -> Value {
    let embed = |notice: &Notice| {
        let mut embed = json!({
            "title": cut(&notice.title(), DISCORD_TITLE),
            "description": cut(&notice.lines().join("\n"), DISCORD_EMBED),
            "color": colour(notice),
        });
        if !notice.url.is_empty() {
            embed["url"] = notice.url.as_str().into();
        }
        embed
    };
    let content =
        [Some(message.title()), message.rest()].into_iter().flatten().collect::<Vec<_>>().join("\n");
    json!({
        "content": cut(&content, DISCORD_CONTENT),
        "embeds": message.notices.iter().map(embed).collect::<Vec<_>>(),
        // A group value such as `@everyone` must not notify anyone.
        "allowed_mentions": {"parse": []},
    })
}

/// A message of a Teams workflow with an adaptive card.
pub(super) fn teams(message: Message<'_>) -> Value {
    let text = |text: String, weight: &str| json!({"type": "TextBlock", "text": text, "wrap": true, "weight": weight});
    let mut body = vec![text(cut(&message.title(), CARD_TEXT), "bolder")];
    for notice in message.notices {
        let style = match (is_end(notice), notice.severity, notice.status) {
            (true, ..) => "good",
            (_, Severity::Critical, NoticeStatus::Firing) => "attention",
            _ => "warning",
        };
        let lines = cut(&notice.lines().join("\n\n"), CARD_TEXT);
        let items = [text(cut(&notice.title(), CARD_TEXT), "bolder"), text(lines, "default")];
        body.push(json!({"type": "Container", "style": style, "items": items}));
    }
    body.extend(message.rest().map(|rest| text(rest, "default")));
    let card = json!({
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
    });
    json!({
        "type": "message",
        "attachments": [{"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": null, "content": card}],
    })
}
