/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the host of test:///default has besides its domain. The descriptions are in the form in
 * which they are asked for.
 */
#include "config.h"
#include "drivers/test/node-new.h"
#include "drivers/test/object.h"

#include "base/error.h"
#include "conf/xml.h"

static const char *const objects[] = {
	"<network>\n"
	"  <name>default</name>\n"
	"  <uuid>dd8fe884-6c02-601e-7551-cca97df1c5df</uuid>\n"
	"  <forward mode='nat'/>\n"
	"  <bridge name='virbr0' stp='on' delay='0'/>\n"
	"  <ip address='192.168.122.1' netmask='255.255.255.0'>\n"
	"    <dhcp>\n"
	"      <range start='192.168.122.2' end='192.168.122.254'/>\n"
	"    </dhcp>\n"
	"  </ip>\n"
	"</network>\n",

	"<interface type='ethernet' name='eth1'>\n"
	"  <start mode='onboot'/>\n"
	"  <mtu size='1492'/>\n"
	"  <protocol family='ipv4'>\n"
	"    <ip address='192.168.0.5' prefix='24'/>\n"
	"    <route gateway='192.168.0.1'/>\n"
	"  </protocol>\n"
	"  <mac address='aa:bb:cc:dd:ee:ff'/>\n"
	"</interface>\n",

	"<pool type='dir'>\n"
	"  <name>default-pool</name>\n"
	"  <uuid>dfe224cb-28fb-8dd0-c4b2-64eb3f0f4566</uuid>\n"
	"  <capacity unit='bytes'>107374182400</capacity>\n"
	"  <allocation unit='bytes'>0</allocation>\n"
	"  <available unit='bytes'>107374182400</available>\n"
	"  <source>\n"
	"  </source>\n"
	"  <target>\n"
	"    <path>/default-pool</path>\n"
	"  </target>\n"
	"</pool>\n",

	"<device>\n"
	"  <name>computer</name>\n"
	"  <capability type='system'>\n"
	"    <hardware>\n"
	"      <vendor>Libvirt</vendor>\n"
	"      <version>Test driver</version>\n"
	"      <serial>123456</serial>\n"
	"      <uuid>11111111-2222-3333-4444-555555555555</uuid>\n"
	"    </hardware>\n"
	"    <firmware>\n"
	"      <vendor>Libvirt</vendor>\n"
	"      <version>Test Driver</version>\n"
	"      <release_date>01/22/2007</release_date>\n"
	"    </firmware>\n"
	"  </capability>\n"
	"</device>\n",

	"<device>\n"
	"  <name>scsi_host1</name>\n"
	"  <parent>computer</parent>\n"
	"  <capability type='scsi_host'>\n"
	"    <host>1</host>\n"
	"    <unique_id>0</unique_id>\n"
	"    <capability type='fc_host'>\n"
	"      <wwnn>2000000012341234</wwnn>\n"
	"      <wwpn>1000000012341234</wwpn>\n"
	"      <fabric_wwn>2000000043214321</fabric_wwn>\n"
	"    </capability>\n"
	"    <capability type='vport_ops'>\n"
	"      <max_vports>0</max_vports>\n"
	"      <vports>0</vports>\n"
	"    </capability>\n"
	"  </capability>\n"
	"</device>\n",

	"<device>\n"
	"  <name>scsi_host2</name>\n"
	"  <parent>computer</parent>\n"
	"  <capability type='scsi_host'>\n"
	"    <host>2</host>\n"
	"    <unique_id>1</unique_id>\n"
	"    <capability type='fc_host'>\n"
	"      <wwnn>2000000056785678</wwnn>\n"
	"      <wwpn>1000000056785678</wwpn>\n"
	"      <fabric_wwn>2000000087658765</fabric_wwn>\n"
	"    </capability>\n"
	"    <capability type='vport_ops'>\n"
	"      <max_vports>0</max_vports>\n"
	"      <vports>0</vports>\n"
	"    </capability>\n"
	"  </capability>\n"
	"</device>\n",

	"<device>\n"
	"  <name>scsi_host11</name>\n"
	"  <parent>scsi_host1</parent>\n"
	"  <capability type='scsi_host'>\n"
	"    <host>11</host>\n"
	"    <unique_id>10</unique_id>\n"
	"    <capability type='fc_host'>\n"
	"      <wwnn>2000000034563456</wwnn>\n"
	"      <wwpn>1000000034563456</wwpn>\n"
	"      <fabric_wwn>2000000043214321</fabric_wwn>\n"
	"    </capability>\n"
	"  </capability>\n"
	"</device>\n",
};

int test_node_add_default_objects(struct test_node *node)
{
	for (size_t i = 0; i < sizeof objects / sizeof objects[0]; i++) {
		CLEANUP(cleanup_xml_doc)
		xmlDoc *doc = xml_parse(objects[i], "(test driver)", NULL, FROM_TEST);

		if (!doc || !test_object_add(node, xmlDocGetRootElement(doc)))
			return -1;
	}
	return 0;
}
