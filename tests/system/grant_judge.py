"""Tries what rights from a grant should not reach, by a client that is not ours.

usage: grant_judge.py ENDPOINT CREDENTIALS BUCKET OWN OTHER: every request but those on the object OWN has to be refused; OTHER is another
object's key that is there. Prints what was not."""
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

endpoint, credentials, bucket, own, other = sys.argv[1:]
keys = dict(line.rstrip('\n').split('=', 1) for line in open(credentials, encoding='ascii') if '=' in line)
s3 = boto3.client('s3', endpoint_url=endpoint, region_name='us-east-1', aws_access_key_id=keys['AWS_ACCESS_KEY_ID'],
                  aws_secret_access_key=keys['AWS_SECRET_ACCESS_KEY'], aws_session_token=keys['AWS_SESSION_TOKEN'],
                  config=Config(retries={'total_max_attempts': 1}, s3={'addressing_style': 'path'}))
where = {'Bucket': bucket}
longer = own + 'x'
refused = {
    'read another object': lambda: s3.get_object(**where, Key=other),
    'see another object': lambda: s3.head_object(**where, Key=other),
    'write another object': lambda: s3.put_object(**where, Key=other, Body=b'x'),
    'write a new object': lambda: s3.put_object(**where, Key='new', Body=b'x'),
    'write an object whose name begins alike': lambda: s3.put_object(**where, Key=longer, Body=b'x'),
    'write below the object': lambda: s3.put_object(**where, Key=own + '/x', Body=b'x'),
    'upload an object whose name begins alike': lambda: s3.create_multipart_upload(**where, Key=longer),
    'delete another object': lambda: s3.delete_object(**where, Key=other),
    'copy another object onto its own': lambda: s3.copy_object(**where, Key=own, CopySource={'Bucket': bucket, 'Key': other}),
    'list the bucket': lambda: s3.list_objects_v2(**where),
    'list the bucket by its own prefix': lambda: s3.list_objects_v2(**where, Prefix=own),
    'list versions': lambda: s3.list_object_versions(**where),
    'list uploads': lambda: s3.list_multipart_uploads(**where),
    'read the policy of the bucket': lambda: s3.get_bucket_policy(**where),
    'tag the bucket': lambda: s3.put_bucket_tagging(**where, Tagging={'TagSet': []}),
    'delete the bucket': lambda: s3.delete_bucket(**where),
    'make a bucket': lambda: s3.create_bucket(Bucket='made-by-a-node'),
    'read the catalog': lambda: s3.get_object(Bucket='meta', Key='1_backup_metadata.json'),
    'write the catalog': lambda: s3.put_object(Bucket='meta', Key='1_backup_metadata.json', Body=b'{}'),
    'list the bucket of the catalog': lambda: s3.list_objects_v2(Bucket='meta'),
    'write the same name in another bucket': lambda: s3.put_object(Bucket='meta', Key=own, Body=b'x'),
}
wrong = 0
for what, request in refused.items():
    try:
        request()
        answer = 'it was done'
    except ClientError as error:
        status = error.response['ResponseMetadata']['HTTPStatusCode']
        answer = None if status == 403 else f'status {status}, {error.response["Error"]["Code"]}'
    if answer:
        print(f'{what}: {answer}')
        wrong += 1
sys.exit(1 if wrong else 0)
