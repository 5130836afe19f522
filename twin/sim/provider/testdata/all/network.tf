resource "aws_vpc" "primary" {
  provider             = aws.primary
  cidr_block           = "10.0.0.0/16"
  enable_dns_hostnames = true
  tags                 = { Name = "primary" }
}

resource "aws_vpc" "replica" {
  provider             = aws.replica
  cidr_block           = "10.1.0.0/16"
  enable_dns_hostnames = true
}

resource "aws_default_security_group" "primary" {
  provider = aws.primary
  vpc_id   = aws_vpc.primary.id
}

resource "aws_subnet" "primary" {
  provider                = aws.primary
  count                   = 3
  vpc_id                  = aws_vpc.primary.id
  cidr_block              = cidrsubnet(aws_vpc.primary.cidr_block, 8, count.index)
  availability_zone       = data.aws_availability_zones.primary.names[count.index]
  map_public_ip_on_launch = count.index == 0
}

resource "aws_subnet" "replica" {
  provider          = aws.replica
  count             = 3
  vpc_id            = aws_vpc.replica.id
  cidr_block        = cidrsubnet(aws_vpc.replica.cidr_block, 8, count.index)
  availability_zone = data.aws_availability_zones.replica.names[count.index]
}

resource "aws_internet_gateway" "primary" {
  provider = aws.primary
  vpc_id   = aws_vpc.primary.id
}

resource "aws_eip" "nat" {
  provider   = aws.primary
  domain     = "vpc"
  depends_on = [aws_internet_gateway.primary]
}

resource "aws_nat_gateway" "primary" {
  provider      = aws.primary
  allocation_id = aws_eip.nat.id
  subnet_id     = aws_subnet.primary[0].id
}

resource "aws_route_table" "public" {
  provider = aws.primary
  vpc_id   = aws_vpc.primary.id
}

resource "aws_route_table" "private" {
  provider = aws.primary
  vpc_id   = aws_vpc.primary.id
}

resource "aws_route_table" "replica" {
  provider = aws.replica
  vpc_id   = aws_vpc.replica.id
}

resource "aws_route" "internet" {
  provider               = aws.primary
  route_table_id         = aws_route_table.public.id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.primary.id
}

resource "aws_route" "nat" {
  provider               = aws.primary
  route_table_id         = aws_route_table.private.id
  destination_cidr_block = "0.0.0.0/0"
  nat_gateway_id         = aws_nat_gateway.primary.id
}

resource "aws_route_table_association" "public" {
  provider       = aws.primary
  subnet_id      = aws_subnet.primary[0].id
  route_table_id = aws_route_table.public.id
}

resource "aws_network_acl" "database" {
  provider = aws.primary
  vpc_id   = aws_vpc.primary.id
}

resource "aws_network_acl_association" "database" {
  provider       = aws.primary
  network_acl_id = aws_network_acl.database.id
  subnet_id      = aws_subnet.primary[1].id
}

resource "aws_network_acl_rule" "postgres" {
  provider       = aws.primary
  network_acl_id = aws_network_acl.database.id
  rule_number    = 100
  protocol       = "tcp"
  rule_action    = "allow"
  cidr_block     = aws_vpc.replica.cidr_block
  from_port      = 5432
  to_port        = 5432
}

resource "aws_network_acl_rule" "out" {
  provider       = aws.primary
  network_acl_id = aws_network_acl.database.id
  egress         = true
  rule_number    = 100
  protocol       = "-1"
  rule_action    = "allow"
  cidr_block     = "0.0.0.0/0"
}

resource "aws_vpc_endpoint" "dynamodb" {
  provider        = aws.primary
  vpc_id          = aws_vpc.primary.id
  service_name    = "com.amazonaws.us-east-1.dynamodb"
  route_table_ids = [aws_route_table.private.id]
}

resource "aws_vpc_peering_connection" "this" {
  provider    = aws.replica
  vpc_id      = aws_vpc.replica.id
  peer_vpc_id = aws_vpc.primary.id
  peer_region = "us-east-1"
}

resource "aws_vpc_peering_connection_accepter" "this" {
  provider                  = aws.primary
  vpc_peering_connection_id = aws_vpc_peering_connection.this.id
  auto_accept               = true
}

resource "aws_vpc_peering_connection_options" "requester" {
  provider                  = aws.replica
  vpc_peering_connection_id = aws_vpc_peering_connection_accepter.this.id
  requester {
    allow_remote_vpc_dns_resolution = true
  }
}

resource "aws_route" "peer" {
  provider                  = aws.replica
  route_table_id            = aws_route_table.replica.id
  destination_cidr_block    = aws_vpc.primary.cidr_block
  vpc_peering_connection_id = aws_vpc_peering_connection_accepter.this.id
}

resource "aws_security_group" "database" {
  provider    = aws.primary
  name        = "database"
  description = "PostgreSQL from both VPCs"
  vpc_id      = aws_vpc.primary.id
}

resource "aws_security_group" "replica" {
  provider = aws.replica
  name     = "database"
  vpc_id   = aws_vpc.replica.id
}

resource "aws_vpc_security_group_ingress_rule" "postgres" {
  provider          = aws.primary
  security_group_id = aws_security_group.database.id
  cidr_ipv4         = aws_vpc.primary.cidr_block
  ip_protocol       = "tcp"
  from_port         = 5432
  to_port           = 5432
}

resource "aws_vpc_security_group_egress_rule" "all" {
  provider          = aws.primary
  security_group_id = aws_security_group.database.id
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "-1"
}

resource "aws_cloudwatch_log_group" "flow" {
  provider          = aws.primary
  name              = "/aws/vpc/fixture"
  retention_in_days = 7
}

resource "aws_iam_role" "flow" {
  provider = aws.primary
  name     = "fixture-flow-logs"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "vpc-flow-logs.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy" "flow" {
  provider = aws.primary
  name     = "write"
  role     = aws_iam_role.flow.name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["logs:CreateLogStream", "logs:PutLogEvents"], Resource = "${aws_cloudwatch_log_group.flow.arn}:*" }]
  })
}

resource "aws_flow_log" "primary" {
  provider                 = aws.primary
  vpc_id                   = aws_vpc.primary.id
  traffic_type             = "ALL"
  log_destination          = aws_cloudwatch_log_group.flow.arn
  iam_role_arn             = aws_iam_role.flow.arn
  max_aggregation_interval = 60
  depends_on               = [aws_iam_role_policy.flow]
}
