"""The comparison itself: it must see a difference where there is one, and none where there is none."""

import unittest

import published as p


def entry(published, target=80, **more):
    return {"published": published, "target": target, **more}


def claim(first, last=None, take=None, target=(80, 80), address=None, protocol="tcp", copies=1, name="web"):
    last = last or first
    width = last - first + 1 if first else 0
    return {"scope": "host", "protocol": protocol, "address": address, "first": first, "last": last,
            "take": width if take is None else take, "copies": copies, "basis": "wish",
            "target": {"first": target[0], "last": target[1]},
            "owner": {"kind": "compose-service", "project": "shop", "name": name}}


def differ(services, claims, name="shop"):
    expected = p.Project()
    expected.name = "shop"
    for service, (ports, replicas) in services.items():
        p.add_service(expected, service, ports, None, replicas)
    report = {"inputs": [{"project": name}], "claims": claims}
    return expected.differences(p.of_report(report))


class Same(unittest.TestCase):
    def test_single_port(self):
        self.assertEqual(differ({"web": ([entry("8080")], None)}, [claim(8080)]), [])

    def test_all_of_a_range_pairs_with_its_targets(self):
        ports = [entry("8000", 80), entry("8001", 81)]
        self.assertEqual(differ({"web": (ports, None)}, [claim(8000, 8001, target=(80, 81))]), [])

    def test_one_of_a_range(self):
        self.assertEqual(differ({"web": ([entry("8000-8001")], None)}, [claim(8000, 8001, take=1)]), [])

    def test_random_port_in_its_three_spellings(self):
        for spelling in (None, "", "0"):
            self.assertEqual(differ({"web": ([entry(spelling)], None)}, [claim(None)]), [])

    def test_random_ports_for_a_range_of_targets(self):
        ports = [entry(None, 80), entry(None, 81)]
        self.assertEqual(differ({"web": (ports, None)}, [claim(None, target=(80, 81))]), [])

    def test_address_that_is_no_literal_is_every_address(self):
        self.assertEqual(differ({"web": ([entry("1", host_ip="localhost")], None)}, [claim(1)]), [])

    def test_mapped_address_is_its_v4(self):
        self.assertEqual(differ({"web": ([entry("1", host_ip="::ffff:127.0.0.1")], None)},
                                [claim(1, address="127.0.0.1")]), [])

    def test_a_network_that_binds_to_one_address(self):
        config = {"name": "shop", "services": {"web": {"networks": {"n": None}, "ports": [entry("1")]}},
                  "networks": {"n": {"driver_opts": {p.HOST_BINDING: "127.0.0.1"}}}}
        report = {"inputs": [{"project": "shop"}], "claims": [claim(1, address="127.0.0.1")]}
        self.assertEqual(p.of_config(config).differences(p.of_report(report)), [])

    def test_what_the_engine_refuses_is_no_port(self):
        for bad in (entry("abc"), entry("70000"), entry("2-1"), entry("1", 70000), entry("1", protocol="icmp")):
            self.assertEqual(p.from_compose([bad]), ({}, 1))


class Different(unittest.TestCase):
    def check(self, ports, claims, words, replicas=None):
        lines = differ({"web": (ports, replicas)}, claims)
        self.assertEqual([words in line for line in lines].count(True), 1, lines)

    def test_another_port(self):
        self.check([entry("8080")], [claim(8081)], "only Compose has *:8080->80/tcp")

    def test_another_address(self):
        self.check([entry("1", host_ip="127.0.0.1")], [claim(1)], "only kportscan has *:1->80/tcp")

    def test_another_protocol(self):
        self.check([entry("1", protocol="udp")], [claim(1)], "only Compose has *:1->80/udp")

    def test_another_target(self):
        self.check([entry("1", 81)], [claim(1)], "only Compose has *:1->81/tcp")

    def test_twice_is_not_once(self):
        self.check([entry("1"), entry("1")], [claim(1)], "only Compose has *:1->80/tcp")

    def test_all_is_not_one_of_a_range(self):
        self.check([entry("1-2")], [claim(1, 2)], "only Compose has *:1-2->80/tcp")

    def test_a_missing_service(self):
        self.check([entry("1")], [], "only Compose has")

    def test_a_service_too_many(self):
        lines = differ({}, [claim(1, name="ghost")])
        self.assertEqual(lines, ["ghost: only kportscan has *:1->80/tcp"])

    def test_replicas(self):
        self.check([entry("1-3")], [claim(1, 3, take=1, copies=2)], "replicas {3}, {2}", replicas=3)

    def test_project_name(self):
        self.assertEqual(len(differ({}, [], name="other")), 1)


if __name__ == "__main__":
    unittest.main()
