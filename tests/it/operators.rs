//! Metrics, readiness and `kvitt doctor`: what operators and their monitoring see of a running proxy.

use kvitt_wire::State;
use secrecy::ExposeSecret;
use serde_json::json;

use crate::shop::{Database, HeldAddress, Shop, Stage, eventually, execute, http, problem, two_mugs_and_a_tea};

#[tokio::test]
async fn metrics_count_traffic_and_queues_and_name_nobody() {
    let options = "capture.warn_days = 8\ncapture.every_ms = 100\nreconcile.every_ms = 100";
    let shop = Shop::open_with(&format!("{options}\nwebhook.repair = true\nwebhook.check_every_ms = 100")).await;
    let mut order = shop.ordered().await;
    shop.vipps.fails("GET", order.reference(), 1, json!({ "status": 503 })).await;
    shop.vipps.approves(order.reference()).await;
    order.becomes(State::Authorized).await;
    let lines = [
        "kvitt_captures_due 1",
        "kvitt_vipps_answers_total{operation=\"create\",status=\"201\",code=\"\"} 1",
        "kvitt_vipps_answers_total{operation=\"get\",status=\"503\",code=\"\"} 1",
        "kvitt_vipps_call_seconds_count{operation=\"create\"} 1",
        "kvitt_request_seconds_count{method=\"POST\",route=\"/v1/checkouts\",status=\"201\"} 1",
        "kvitt_webhook_registered{sales_unit=\"no\"} 1",
        "kvitt_captures_overdue 0",
        "kvitt_drift 0",
        "kvitt_outbox_parked 0",
        "kvitt_inbox_age_milliseconds ",
        "kvitt_compared_timestamp_seconds ",
    ];
    // What is measured in the background is there a little later.
    let counted = eventually("the metrics have all of it", || async {
        let metrics = shop.metrics().await;
        lines.iter().all(|line| metrics.contains(&format!("\n{line}"))).then_some(metrics)
    })
    .await;
    let named = [order.reference(), &order.seen.token, "4791234567"];
    assert!(named.iter().all(|named| !counted.contains(named)), "{counted}");
    shop.close().await;
}

#[tokio::test]
async fn readyz_names_what_is_overdue() {
    let shop = Shop::open_with("ready.outbox_overdue_ms = 1").await;
    assert_eq!(shop.get("/readyz").send().await.unwrap().text().await.unwrap(), "ok\n");
    let order = shop.ordered().await;
    shop.vipps.fails("GET", order.reference(), 1, json!({ "delay_ms": 1_000 })).await;
    shop.get(&format!("/return/{}", order.seen.token)).send().await.unwrap();
    let answer = eventually("an effect is overdue", || async {
        let answer = shop.get("/readyz").send().await.unwrap();
        (answer.status() == 503).then_some(answer)
    })
    .await;
    let problem = problem(answer, 503, "not_ready").await;
    assert_eq!(problem.detail.as_deref(), Some("outbox: effects are overdue"));
    eventually("it is ready again", || async {
        shop.get("/readyz").send().await.unwrap().status().is_success().then_some(())
    })
    .await;
    shop.close().await;
}

#[tokio::test]
async fn a_restarted_proxy_is_ready_while_it_catches_up() {
    let options = "ready.outbox_overdue_ms = 60000\nvipps.timeout_ms = 30000";
    let mut stage = Stage::set_with(Database::chosen(), options).await;
    let proxy = stage.start();
    let response = http().post(format!("{}/v1/checkouts", proxy.url)).json(&two_mugs_and_a_tea()).send().await.unwrap();
    assert_eq!(response.status(), 201);
    proxy.kill();
    execute(&stage.files.database, "UPDATE outbox SET due_at = 1000, lease_until = 0").await;
    stage.vipps.fails("GET", "/epayment/v1/payments", 1, json!({ "delay_ms": 60_000 })).await;
    let proxy = stage.start();
    let get = async |path: &str| http().get(format!("{}{path}", proxy.url)).send().await.unwrap();
    let counted = get("/metrics").await.text().await.unwrap();
    let line = counted.lines().find(|line| line.starts_with("kvitt_outbox_overdue_milliseconds ")).unwrap();
    assert!(line.rsplit(' ').next().unwrap().parse::<i64>().unwrap() > 60_000, "{line}");
    assert_eq!(get("/readyz").await.text().await.unwrap(), "ok\n", "it is ready");
    drop(proxy);
    stage.vipps.close().await;
}

#[tokio::test]
async fn readyz_reports_a_disk_that_is_nearly_full() {
    let shop = Shop::open_on(Database::Sqlite, "ready.free_bytes = 9000000000000000000").await;
    let unready = problem(shop.get("/readyz").send().await.unwrap(), 503, "not_ready").await;
    assert_eq!(unready.detail.as_deref(), Some("disk: full"));
    let said = shop.runs(&["doctor"]).await;
    assert!(said.code == Some(2) && said.out.contains("FAIL  disk: "), "{said:?}");
    shop.close().await;
}

#[tokio::test]
async fn operators_can_have_a_listener_of_their_own() {
    let address = HeldAddress::new();
    let shop = Shop::open_with(&format!("metrics.listen = \"{address}\"")).await;
    let get = |path: &str| http().get(format!("http://{address}{path}")).send();
    eventually("it listens", || async { get("/healthz").await.ok() }).await;
    assert!(get("/readyz").await.unwrap().status().is_success());
    assert!(get("/metrics").await.unwrap().text().await.unwrap().contains("kvitt_outbox_parked 0"));
    for path in ["/metrics", "/readyz"] {
        problem(shop.get(path).send().await.unwrap(), 404, "not_found").await;
    }
    for path in ["/healthz", "/openapi.json"] {
        assert!(shop.get(path).send().await.unwrap().status().is_success(), "{path}");
    }
    assert_eq!(get("/v1/cart?items=mug:1").await.unwrap().status(), 404);
    shop.close_unseen().await;
}

#[tokio::test]
async fn without_a_listener_of_their_own_operators_are_on_this_machine() {
    let shop = Shop::open_with("limits.trusted_proxies = [\"127.0.0.0/8\"]").await;
    for path in ["/metrics", "/readyz"] {
        assert!(shop.get(path).send().await.unwrap().status().is_success(), "{path}");
        for (name, value) in
            [("x-forwarded-for", "198.51.100.7"), ("forwarded", "for=198.51.100.7"), ("via", "1.1 caddy")]
        {
            problem(shop.get(path).header(name, value).send().await.unwrap(), 404, "not_found").await;
        }
    }
    shop.close().await;
}

#[tokio::test]
async fn what_operators_read_is_kept_for_a_while() {
    let shop = Shop::open_with("metrics.cache_ms = 3600000").await;
    let open = async || {
        let metrics = shop.metrics().await;
        metrics.lines().find_map(|line| line.strip_prefix("kvitt_checkouts{state=\"created\"} ")).map(str::to_owned)
    };
    shop.ordered().await;
    assert_eq!(open().await.as_deref(), Some("1"));
    shop.ordered().await;
    assert_eq!(open().await.as_deref(), Some("1"), "no scan for each scrape");
    assert!(shop.metrics().await.contains("route=\"/v1/checkouts\",status=\"201\"} 2\n"), "counters are in memory");
    shop.close_unseen().await;
}

#[tokio::test]
async fn the_doctor_reports_each_part_and_what_to_do() {
    let shop = Shop::open_with("capture.warn_days = 8").await;
    let order = shop.ordered().await;
    eventually("the records are compared", || async {
        let found = shop.runs(&["doctor", "--json"]).await;
        (found.code == Some(0)).then_some(())
    })
    .await;
    let well = shop.runs(&["doctor"]).await.succeeded();
    let file = format!("ok    configuration: {}\n", shop.files.config.display());
    for line in [
        &file,
        "ok    encryption: all",
        "ok    parked: none",
        "ok    drift: none",
        "ok    sales unit no: the credentials are valid",
        "ok    clock: agrees with Vipps MobilePay's",
    ] {
        assert!(well.out.contains(line), "{line} is not in {}", well.out);
    }
    let size = well.out.lines().find_map(|line| line.strip_prefix("ok    database: ")).unwrap();
    assert!(size.ends_with(" kB") || size.ends_with(" MB"), "{size}");
    shop.vipps.approves(order.reference()).await;
    let due = eventually("the capture is due", || async {
        let found = shop.runs(&["doctor"]).await;
        (found.code == Some(1)).then_some(found.out)
    })
    .await;
    assert!(due.contains("warn  captures due: 1: run `kvitt orders due`"), "{due}");
    shop.vipps.fails("POST", "/accesstoken", 2, json!({ "status": 401 })).await;
    let ill = shop.runs(&["doctor"]).await;
    assert_eq!(ill.code, Some(2), "{ill:?}");
    assert!(ill.out.contains("FAIL  sales unit no: no access token"), "{ill:?}");
    shop.close().await;
}

#[tokio::test]
async fn the_doctor_reports_a_wrong_clock_and_prints_no_secret() {
    let mut stage = Stage::set(Database::chosen()).await;
    let proxy = stage.start();
    eventually("it is ready", || async {
        let ready = http().get(format!("{}/readyz", stage.url())).send().await.unwrap();
        ready.status().is_success().then_some(())
    })
    .await;
    for (move_ms, finding) in [(60_000, "warn  clock: "), (600_000, "FAIL  clock: ")] {
        stage.vipps.clock_moves(move_ms).await;
        let mut doctor = stage.command(&["doctor"]);
        let said = tokio::task::spawn_blocking(move || doctor.output().unwrap()).await.unwrap();
        let said = String::from_utf8(said.stdout).unwrap();
        let clock = said.lines().find(|line| line.starts_with(finding)).unwrap_or_else(|| panic!("{said}"));
        assert!(clock.contains(" s behind Vipps MobilePay's"), "{clock}");
        assert!(said.contains("from the environment: KVITT_SALES_UNIT__NO__WEBHOOK_SECRET\n"), "{said}");
        assert!(!said.contains(stage.vipps.secret.expose_secret()));
    }
    drop(proxy);
    stage.vipps.close().await;
}
