# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A round of a management program with Perl's Sys::Virt: sys-virt.pl URI. What it prints is alike with every daemon.
use strict;
use warnings;

use Sys::Virt;

my $UUID = '11111111-2222-4333-8444-555555555555';

# names OBJECT…: in an order of ours.
sub names {
    return join ' ', sort map { $_->get_name } @_;
}

# failure SUB: the domain and code of the error that it dies with.
sub failure {
    my ($sub) = @_;
    eval { $sub->(); 1 } and return 'no failure';
    my $error = $@;
    return ref $error ? sprintf('%d %d %s', $error->domain, $error->code, $error->message) : $error;
}

sub host {
    my ($conn) = @_;
    my $node = $conn->get_node_info;
    print "host ", $conn->get_hostname, " ", $conn->get_type, " ", $conn->get_version, "\n";
    print "node ", join(' ', map { "$_=$node->{$_}" } sort keys %$node), "\n";
    print "vcpus ", $conn->get_max_vcpus('test'), " capabilities ",
      scalar(() = $conn->get_capabilities =~ /<guest>/g), "\n";
    print "free memory ", $conn->get_node_free_memory, "
";
    print "domains ", names($conn->list_all_domains), "; networks ", names($conn->list_all_networks), "; pools ",
      names($conn->list_all_storage_pools), "; interfaces ", names($conn->list_all_interfaces), "; devices ",
      names($conn->list_all_node_devices), "\n";
    print "no domain: ", failure(sub { $conn->get_domain_by_name('nosuch') }), "\n";
    print "no network: ", failure(sub { $conn->get_network_by_name('nosuch') }), "\n";
    print "no XML: ", failure(sub { $conn->define_domain('<domain>') }) =~ /^(\d+ \d+)/, "\n";
}

sub domain {
    my ($conn) = @_;
    my $domain = $conn->define_domain("<domain type='test'><name>web</name><uuid>$UUID</uuid>"
          . "<memory unit='MiB'>512</memory><vcpu>2</vcpu><os><type>hvm</type></os></domain>");
    print "defined ", $domain->get_name, " ", $domain->get_uuid_string, " active ", $domain->is_active,
      " persistent ", $domain->is_persistent, "\n";
    $domain->create;
    my $info = $domain->get_info;
    print "running $info->{state} $info->{memory} $info->{maxMem} $info->{nrVirtCpu}, id ", $domain->get_id > 0, "\n";
    $domain->suspend;
    print "paused ", join(' ', $domain->get_state), "\n";
    print "twice: ", failure(sub { $domain->suspend }), "\n";
    $domain->resume;
    $domain->set_autostart(1);
    $domain->set_memory(256 * 1024);
    $domain->set_vcpus(1);
    print "autostart ", $domain->get_autostart, " memory ", $domain->get_info->{memory}, " vcpus ",
      $domain->get_vcpus(Sys::Virt::Domain::VCPU_LIVE), "\n";
    $domain->set_metadata(Sys::Virt::Domain::METADATA_TITLE, 'A title');
    print "title ", $domain->get_metadata(Sys::Virt::Domain::METADATA_TITLE), "\n";
    my $parameters = $domain->get_scheduler_parameters;
    print "scheduler ", $domain->get_scheduler_type, " ", join(' ', %$parameters), "\n";
    my ($stats) = grep { $_->{dom}->get_name eq 'web' } $conn->get_all_domain_stats(Sys::Virt::Domain::STATS_STATE);
    print "stats ", join(' ', map { "$_=$stats->{data}{$_}" } sort keys %{ $stats->{data} }), "\n";
    $domain->destroy;
    my $snapshot = $domain->create_snapshot("<domainsnapshot><name>one</name></domainsnapshot>");
    print "snapshots ", names($domain->list_all_snapshots), ", current ", $domain->current_snapshot->get_name, "\n";
    $snapshot->delete;
    print "then ", $domain->num_of_snapshots, "\n";
    $domain->undefine;
    print "gone: ", failure(sub { $domain->get_info }), "\n";
}

sub network {
    my ($conn) = @_;
    my $network = $conn->define_network("<network><name>blue</name><uuid>$UUID</uuid>"
          . "<ip address='10.9.0.1' prefix='24'/></network>");
    $network->create;
    print "network ", $network->get_name, " ", "active ", $network->is_active, "\n";
    print $network->get_xml_description;
    $network->destroy;
    $network->undefine;
    my $pool = $conn->get_storage_pool_by_name('default-pool');
    my $info = $pool->get_info;
    print "pool ", $pool->get_name, " ", join(' ', map { "$_=$info->{$_}" } sort keys %$info), " volumes ",
      $pool->num_of_storage_volumes, "\n";
}

my $conn = Sys::Virt->new(uri => $ARGV[0]);
host($conn);
domain($conn);
network($conn);
my $readonly = Sys::Virt->new(uri => $ARGV[0], readonly => 1);
print "read-only: ", failure(sub { $readonly->get_domain_by_name('test')->suspend }) =~ /^(\d+ \d+)/, "\n";
print "done\n";
