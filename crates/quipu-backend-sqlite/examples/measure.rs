//! temporary
use quipu_backend_sqlite::{Config, Sqlite};
use quipu_core::*;
use std::sync::Arc;
use std::time::Instant;

struct Rng(u64);
impl Rng {
    fn next(&mut self) -> u64 { self.0 ^= self.0 << 13; self.0 ^= self.0 >> 7; self.0 ^= self.0 << 17; self.0 }
    fn below(&mut self, n: u64) -> u64 { self.next() % n }
    fn unit(&mut self) -> f64 { (self.next() >> 11) as f64 / (1u64 << 53) as f64 }
}
fn text(r: &mut Rng, vocab: &[String], bytes: usize) -> String {
    let mut s = String::new();
    while s.len() < bytes {
        let z = (r.unit().powi(3) * vocab.len() as f64) as usize;
        s.push_str(&vocab[z.min(vocab.len() - 1)]);
        s.push(' ');
    }
    s
}
fn batches(n: usize, days: i64, r: &mut Rng) -> impl Iterator<Item = Batch> + '_ {
    let vocab: Vec<String> = (0..20000).map(|i| { let mut x = Rng(i as u64 * 7919 + 13); let l = 3 + x.below(8); (0..l).map(|_| (b'a' + x.below(26) as u8) as char).collect() }).collect();
    let base = 1_790_000_000_000_000_000i64 / Timestamp::DAY * Timestamp::DAY;
    let step = days * Timestamp::DAY / n as i64;
    let mut made = 0usize;
    let resources: Vec<Arc<Resource>> = (0..10).map(|i| { let mut a = Attributes::new(); a.push("service.name", format!("service-{i}").as_str()); a.push("telemetry.sdk.name", "opentelemetry"); a.push("host.name", "box-17"); Arc::new(Resource { attributes: a, schema_url: "".into() }) }).collect();
    let scope = Arc::new(Scope { name: "openinference.instrumentation.openai".into(), version: "0.1.30".into(), ..Scope::default() });
    std::iter::from_fn(move || {
        if made >= n { return None; }
        let mut b = Batch::default();
        while b.spans.len() < 1000 {
            let count = 3 + r.below(20) as usize;
            let mut tid = [0u8; 16]; tid[..8].copy_from_slice(&r.next().to_be_bytes()); tid[8..].copy_from_slice(&r.next().to_be_bytes());
            let trace = TraceId::from_bytes(tid).unwrap();
            let svc = r.below(10) as usize;
            let root = SpanId::from_bytes((r.next() | 1).to_be_bytes()).unwrap();
            for k in 0..count {
                let start = Timestamp::from_nanos(base + (made as i64) * step + k as i64 * 1_000_000);
                made += 1;
                let id = if k == 0 { root } else { SpanId::from_bytes((r.next() | 1).to_be_bytes()).unwrap() };
                let kind = if k == 0 { Kind::Agent } else if r.below(100) < 35 { Kind::Llm } else if r.below(100) < 40 { Kind::Tool } else { Kind::Task };
                let name = match kind { Kind::Agent => "invoke_agent planner", Kind::Llm => "chat", Kind::Tool => "execute_tool", _ => "step" };
                let mut s = Span::new(trace, id, name, start, start.plus(50_000_000 + r.below(3_000_000_000) as i64));
                if k > 0 { s.parent_id = Some(root); }
                s.resource = resources[svc].clone(); s.scope = scope.clone(); s.kind = SpanKind::Internal;
                if r.below(50) == 0 { s.status = Status::Error; s.status_message = "timeout while calling".into(); }
                let a = &mut s.attributes;
                let model = format!("model-{}", r.below(12)); let tool = format!("tool_{}", r.below(20));
                a.push("gen_ai.operation.name", name); a.push("gen_ai.provider.name", "openai"); a.push("gen_ai.request.model", model.as_str());
                a.push("gen_ai.response.model", model.as_str()); a.push("gen_ai.response.id", format!("chatcmpl-{:016x}{:08x}", r.next(), r.below(1 << 32)));
                a.push("gen_ai.conversation.id", format!("session-{}", r.below(20000))); a.push("user.id", format!("user-{}", r.below(5000)));
                a.push("gen_ai.usage.input_tokens", r.below(8000) as i64); a.push("gen_ai.usage.output_tokens", r.below(1500) as i64);
                a.push("gen_ai.request.temperature", 0.7); a.push("gen_ai.request.max_tokens", 4096i64); a.push("gen_ai.request.top_p", r.unit());
                a.push("server.address", "api.openai.com"); a.push("server.port", 443i64); a.push("code.function.name", format!("app.module_{}.handler", r.below(40)));
                a.push("thread.id", r.below(64) as i64); a.push("deployment.environment", "production"); a.push("request.id", format!("{:016x}", r.next()));
                a.push("gen_ai.tool.name", tool.as_str()); a.push("note", text(r, &vocab, 60));
                let has_text = kind == Kind::Llm;
                if has_text { a.push("gen_ai.input.messages", format!("[{{\"role\":\"user\",\"parts\":[{{\"type\":\"text\",\"content\":\"{}\"}}]}}]", text(r, &vocab, 1700))); a.push("gen_ai.output.messages", format!("[{{\"role\":\"assistant\",\"parts\":[{{\"type\":\"text\",\"content\":\"{}\"}}]}}]", text(r, &vocab, 700))); }
                let c = &mut *s.canonical;
                c.kind = kind; c.convention = "genai".into(); c.framework = Some("langgraph".into()); c.session = Some(format!("session-{}", made / 100).into()); c.user = Some(format!("user-{}", made / 100 % 500).into());
                if kind == Kind::Agent { c.agent = Some(format!("agent-{svc}").into()); }
                if kind == Kind::Tool { c.tool = Some(tool.into()); }
                if kind == Kind::Llm { c.provider = Some("openai".into()); c.request_model = Some(model.as_str().into()); c.response_model = Some(model.as_str().into()); c.operation = Some("chat".into()); c.usage = Some(Usage { input: Some(r.below(8000)), output: Some(r.below(1500)), cache_read: Some(0), ..Usage::default() }); }
                if matches!(kind, Kind::Llm | Kind::Tool) {
                    b.costs.push(Cost { trace_id: trace, span_id: id, version: 1, time: start, duration: s.duration(), kind, rule: Rule::Leaf, failed: s.status == Status::Error, service: s.resource.service().map(Into::into), framework: c.framework.clone(), convention: c.convention.clone(), agent: Some(format!("agent-{svc}").into()), tool: c.tool.clone(), provider: c.provider.clone(), request_model: c.request_model.clone(), response_model: c.response_model.clone(), service_tier: None, usage: c.usage.clone(), amount: c.usage.as_ref().map(|u| Usd::from_raw(i128::from(u.input.unwrap()) * 2_500_000_000_000_000_000)), unpriced: None, price: c.usage.as_ref().map(|_| PriceRef { source: "genai-prices".into(), version: "2026-11-01".into(), id: format!("openai/{model}").into() }), reported: None });
                }
                b.spans.push(s);
            }
        }
        Some(b)
    })
}
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let f: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    (f[11].parse::<f64>().unwrap() + f[12].parse::<f64>().unwrap()) / 100.0
}
fn rss() -> String { let s = std::fs::read_to_string("/proc/self/status").unwrap(); s.lines().filter(|l| l.starts_with("VmRSS") || l.starts_with("VmHWM")).map(|l| l.split_whitespace().skip(1).next().unwrap().parse::<u64>().unwrap() / 1024).map(|m| format!("{m} MiB ")).collect() }
#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let args: Vec<String> = std::env::args().collect();
    let n: usize = args[1].parse().unwrap(); let days: i64 = args[2].parse().unwrap(); let search = args[3] == "1"; let par: usize = args[4].parse().unwrap();
    let dir = std::path::PathBuf::from("/work/tmp-sqlite-measure"); let _ = std::fs::remove_dir_all(&dir);
    let mut c = Config::at(&dir); c.search = search;
    let store = Sqlite::open(c.clone()).unwrap();
    let mut r = Rng(88172645463325252);
    let mut gen_cpu = 0.0; let mut writing = 0.0; let mut worst: f64 = 0.0; let mut total = 0; let mut gen_wall=0.0;
    let c0 = cpu(); let t0 = Instant::now();
    let mut it = batches(n, days, &mut r);
    let mut tasks = std::collections::VecDeque::new();
    loop {
        let (c1, t1) = (cpu(), Instant::now());
        let Some(b) = it.next() else { break };
        gen_cpu += if par==1 {cpu() - c1} else {0.0}; gen_wall += t1.elapsed().as_secs_f64();
        total += b.spans.len();
        let t = Instant::now();
        if par == 1 { store.write(Arc::new(b)).await.unwrap(); let e = t.elapsed().as_secs_f64(); writing += e; worst = worst.max(e); }
        else { let s = store.clone(); tasks.push_back(tokio::spawn(async move { s.write(Arc::new(b)).await.unwrap() })); if tasks.len() >= par { tasks.pop_front().unwrap().await.unwrap(); } }
    }
    for t in tasks { t.await.unwrap(); }
    let wall = t0.elapsed().as_secs_f64();
    println!("{total} spans: wall {wall:.1} s (generating {gen_wall:.1}), {:.0} spans/s in write, cpu {:.1} s (gen {gen_cpu:.1}), worst batch {:.0} ms, rss {}", total as f64 / if par == 1 { writing } else { wall - gen_wall }, cpu() - c0, worst * 1000.0, rss());
    let t = Instant::now();
    while search && store.info().await.unwrap().search_lag_spans > 0 { tokio::time::sleep(std::time::Duration::from_millis(100)).await; }
    println!("index caught up after {:.1} s, cpu in all {:.1}", t.elapsed().as_secs_f64(), cpu() - c0);
    let info = store.info().await.unwrap();
    println!("{} days, {} spans, {:.0} bytes/span, rss {}", info.days, info.spans, info.bytes as f64 / info.spans as f64, rss());
    store.close().await.unwrap();
    let t = Instant::now(); let store = Sqlite::open(c).unwrap(); println!("open {:.1} ms", t.elapsed().as_secs_f64() * 1000.0);
    let info = store.info().await.unwrap(); println!("closed: {:.0} bytes/span", info.bytes as f64 / info.spans as f64);
    macro_rules! time { ($n:expr, $e:expr) => {{ let mut v = Vec::new(); for _ in 0..30 { let t = Instant::now(); let x = $e; v.push(t.elapsed().as_secs_f64() * 1000.0); std::hint::black_box(x); } let first = v[0]; v.sort_by(f64::total_cmp); println!("{:<40} first {:.1} median {:.1} max {:.1} ms", $n, first, v[15], v[29]); }} }
    let base = 1_790_000_000_000_000_000i64 / Timestamp::DAY * Timestamp::DAY;
    let end = Timestamp::from_nanos(base + days * Timestamp::DAY);
    let f = TraceFilter::default();
    time!("usage by model hour, all", store.usage(&UsageQuery { filter: f.clone(), group_by: vec![GroupBy::Model, GroupBy::Hour] }).await.unwrap().len());
    time!("usage by model, all", store.usage(&UsageQuery { filter: f.clone(), group_by: vec![GroupBy::Model] }).await.unwrap().len());
    let f1 = TraceFilter { since: Some(end.plus(-24 * Timestamp::HOUR + 1234567)), until: Some(end.plus(-7777777)), ..f.clone() };
    time!("usage by model hour, 24h uneven", store.usage(&UsageQuery { filter: f1.clone(), group_by: vec![GroupBy::Model, GroupBy::Hour] }).await.unwrap().len());
    time!("usage by agent, 24h uneven", store.usage(&UsageQuery { filter: f1.clone(), group_by: vec![GroupBy::Agent] }).await.unwrap().len());
    time!("usage by agent+model all (rows)", store.usage(&UsageQuery { filter: f.clone(), group_by: vec![GroupBy::Agent, GroupBy::Model] }).await.unwrap().len());
    time!("tools all", store.tools(&f).await.unwrap().len());
    for (n, sort) in [("newest", Sort::Newest), ("dearest", Sort::Dearest), ("longest", Sort::Longest)] { time!(format!("traces {n}"), store.traces(&TraceQuery { filter: f.clone(), sort, limit: 50, cursor: None }).await.unwrap().rows.len()); }
    let g = TraceFilter { service: Some("service-3".into()), model: Some("model-5".into()), status: Some(TraceStatus::Error), ..f.clone() };
    time!("traces service+model+error", store.traces(&TraceQuery { filter: g, limit: 50, ..Default::default() }).await.unwrap().rows.len());
    let page = store.traces(&TraceQuery { filter: f.clone(), limit: 50, ..Default::default() }).await.unwrap();
    let id = page.rows[0].trace_id; let sess = page.rows[0].session.clone().unwrap();
    time!("one trace", store.trace(id).await.unwrap().is_some());
    time!("spans of it, full", store.spans(&SpanQuery { trace_id: id, after: None, limit: 1000, detail: Detail::Full }).await.unwrap().rows.len());
    time!("nodes of it", store.nodes(&[(id, end)]).await.unwrap().len());
    time!("sessions", store.sessions(&SessionQuery { limit: 50, ..Default::default() }).await.unwrap().rows.len());
    let h = TraceFilter { session: Some(sess.into()), ..f.clone() };
    time!("traces of session", store.traces(&TraceQuery { filter: h.clone(), limit: 50, ..Default::default() }).await.unwrap().rows.len());
    time!("usage of session by model", store.usage(&UsageQuery { filter: h, group_by: vec![GroupBy::Model] }).await.unwrap().len());
    time!("facets model", store.facets(FacetField::Model, &f, 50).await.unwrap().len());
    time!("facets status", store.facets(FacetField::Status, &f, 50).await.unwrap().len());
    if search { let q = TraceFilter { q: Some("timeout calling".into()), ..f.clone() }; time!("search two words", store.traces(&TraceQuery { filter: q.clone(), limit: 50, ..Default::default() }).await.unwrap().rows.len());
      let q = TraceFilter { q: Some("zzqx".into()), ..f.clone() }; time!("search nothing", store.traces(&TraceQuery { filter: q, limit: 50, ..Default::default() }).await.unwrap().rows.len()); }
    println!("rss {}", rss());
    let t = Instant::now(); println!("check: {:?} in {:.1} s", store.check().await.unwrap(), t.elapsed().as_secs_f64());
    store.close().await.unwrap();
}
